export { proxyNamed, proxyNames, PROXIES } from './catalogue.js';
export { defineProxy, type Proxy, type ProxyDefinition } from './contract.js';
export { proxyScore, scoreNetwork } from './score.js';
export { type ProxyScores, scoreNetworks, type Tried } from './rank-many.js';
