/** All proxies by name. */
import { unknownNameHint, WeftError } from '../errors.js';
import { type Proxy } from './contract.js';
import { fisher } from './fisher.js';
import { gradNorm } from './grad-norm.js';
import { grasp } from './grasp.js';
import { jacov } from './jacov.js';
import { multiplyAdds } from './multiply-adds.js';
import { naswot } from './naswot.js';
import { parameters } from './parameters.js';
import { snip } from './snip.js';
import { synflow } from './synflow.js';
import { zen } from './zen.js';
import { zico } from './zico.js';

/** Every proxy; add new ones here. */
export const PROXIES: readonly Proxy[] = [
  parameters,
  multiplyAdds,
  gradNorm,
  snip,
  grasp,
  fisher,
  synflow,
  jacov,
  naswot,
  zico,
  zen,
];

export const proxyNames: readonly string[] = PROXIES.map(({ name }) => name);

/** The proxy of this name; throws WeftError('config') if there is none. */
export function proxyNamed(name: string): Proxy {
  const found = PROXIES.find((proxy) => proxy.name === name);
  if (found) return found;
  throw new WeftError('config', `no proxy is called '${name}'`, unknownNameHint(name, proxyNames));
}
