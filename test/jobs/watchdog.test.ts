import { expect } from 'chai';
import { type Condition, createWatchdog } from '../../src/jobs/watchdog.js';

describe('the watchdog', () => {
  /** Conditions at each second of silence, for a process that uses `share` of a processor. */
  const silence = (seconds: number, share: number | undefined, heard: number[] = []): Condition[] => {
    const dog = createWatchdog(0, { patience: 10, busyPatience: 100 });
    for (const now of heard) dog.heard(now);
    const start = heard.at(-1) ?? 0;
    return Array.from({ length: seconds }, (_, i) =>
      dog.check(start + i + 1, share === undefined ? undefined : share * i),
    );
  };

  it('considers a process stuck that is silent and does not compute', () => {
    const conditions = silence(30, 0.001);
    expect(conditions.slice(0, 10)).to.deep.equal(Array(10).fill('moving'));
    expect(conditions.indexOf('stuck')).to.be.within(10, 20);
  });

  it('considers a process slow that is silent and computes, up to a limit', () => {
    const conditions = silence(110, 0.9);
    expect(conditions.slice(10, 100)).to.deep.equal(Array(90).fill('slow'));
    expect(conditions[100]).to.equal('stuck');
    expect(silence(110, undefined).indexOf('stuck')).to.equal(100);
  });

  it('finds a process stuck that computed at first', () => {
    const dog = createWatchdog(0, { patience: 10, busyPatience: 1000 });
    const conditions = Array.from({ length: 60 }, (_, i) => dog.check(i + 1, Math.min(i, 25)));
    expect(conditions.indexOf('stuck')).to.be.within(30, 50);
  });

  it('allows units that took long before to take long again', () => {
    expect(silence(300, 0.9, [50])).not.to.contain('stuck');
    expect(silence(510, 0.9, [50]).indexOf('stuck')).to.equal(500);
  });

  it('restarts with every message', () => {
    const dog = createWatchdog(0, { patience: 10, busyPatience: 100 });
    for (let now = 0; now < 500; now += 9) {
      expect(dog.check(now, 0)).to.equal('moving');
      dog.heard(now);
    }
  });
});
