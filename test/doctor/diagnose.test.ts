import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probe } from '../../src/doctor/backends.js';
import { examineData } from '../../src/doctor/data.js';
import { diagnose, type DoctorRow } from '../../src/doctor/index.js';
import { examineDisk, examineMemory, examineNode, examineProcessors } from '../../src/doctor/machine.js';

describe('diagnose', () => {
  let rows: DoctorRow[];
  before(async () => {
    rows = await diagnose();
  });
  const row = (topic: string): DoctorRow => rows.find((candidate) => candidate.topic === topic)!;

  it('has a row for every backend, and marks the one in use', () => {
    for (const name of ['gpu', 'native', 'wasm', 'cpu'])
      expect(row(`backend ${name}`)).to.include.keys('status', 'detail');
    expect(row('backend wasm')).to.include({ status: 'ok' });
    const best = ['gpu', 'native', 'wasm'].find((name) => row(`backend ${name}`).status === 'ok');
    expect(row('backend').detail).to.match(new RegExp(`^${best} is used`));
  });

  it('names the tools for building the native backend exactly when it is missing', () => {
    const loads = ['gpu', 'native'].some((name) => row(`backend ${name}`).status === 'ok');
    expect(rows.some(({ topic }) => topic === 'compiler')).to.equal(!loads);
  });

  it('gives a remedy for everything that is missing', () => {
    for (const { status, remedy, topic } of rows) if (status === 'missing') expect(remedy, topic).to.be.a('string');
  });

  it('survives a backend that does not load', async () => {
    expect(await probe('webgl'))
      .to.have.property('reason')
      .that.contains("no backend 'webgl'");
  });
});

describe('the rows of the machine', () => {
  it('warns of an unsupported version of Node', () => {
    for (const version of ['20.19.0', '22.12.3', '24.0.0']) expect(examineNode(version)).to.include({ status: 'ok' });
    for (const version of ['18.20.0', '20.18.9', '22.11.0', '23.1.0'])
      expect(examineNode(version)).to.include({ status: 'warn' });
  });

  it('warns of little memory', () => {
    expect(examineMemory(3 * 2 ** 30, 8 * 2 ** 30)).to.deep.equal({
      topic: 'memory',
      status: 'ok',
      detail: '3.0 GiB of 8.0 GiB available',
    });
    expect(examineMemory(2 ** 30, 8 * 2 ** 30)).to.include({ status: 'warn' });
  });

  it('measures the disk of the folder', async () => {
    expect((await examineDisk(tmpdir())).detail).to.match(/GiB free in /);
  });

  it('reports a WEFT_THREADS that is not a number', () => {
    const before = process.env['WEFT_THREADS'];
    process.env['WEFT_THREADS'] = 'many';
    try {
      expect(examineProcessors()).to.include({ status: 'warn' });
    } finally {
      if (before === undefined) delete process.env['WEFT_THREADS'];
      else process.env['WEFT_THREADS'] = before;
    }
  });
});

describe('the rows of the data', () => {
  it('says where a data set was looked for, and that digits is embedded', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-doctor-'));
    try {
      mkdirSync(join(folder, 'cwd'));
      const rows = examineData({ cwd: join(folder, 'cwd'), env: { WEFT_DATA: join(folder, 'mine') } });
      expect(rows.find(({ topic }) => topic === 'data digits')).to.include({ status: 'ok' });
      const mnist = rows.find(({ topic }) => topic === 'data mnist')!;
      expect(mnist).to.include({ status: 'missing' });
      expect(mnist.detail)
        .to.contain(join(folder, 'mine', 'mnist'))
        .and.to.contain(join(folder, 'cwd', 'data', 'mnist'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
