// Checks the gateway's assertion (`Yimen-Assertion`) with jose.
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

const LEEWAY = 10; // seconds
const LIFETIME = 60; // seconds
// Methods that change nothing (RFC 9110, 9.2.1): with these, the gateway may send one assertion for a few seconds.
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];
const REQUIRED = ['iss', 'aud', 'iat', 'exp', 'jti', 'htm', 'htp'];

/**
 * What one service accepts from its gateway: a function that answers the claims of an assertion that vouches for a call, and
 * throws otherwise. Keep one for the life of the process. `path` is as it came, without the query.
 */
export function assertions(gateway, audience) {
  // Fetches the keys once, and again for one that it doesn't know.
  const keys = createRemoteJWKSet(new URL(`${gateway}/.well-known/jwks.json`));
  const seen = new Map();
  return async function verify(assertion, method, path) {
    const { payload } = await jwtVerify(assertion, keys, {
      algorithms: ['ES256', 'EdDSA'],
      typ: 'yimen-assertion+jwt',
      issuer: gateway,
      audience,
      clockTolerance: LEEWAY,
      maxTokenAge: LIFETIME,
      requiredClaims: REQUIRED,
    });
    if (payload.htm !== method || payload.htp !== path) {
      throw new errors.JWTInvalid('made for another call');
    }
    if (SAFE.includes(method)) return payload;
    const now = Date.now() / 1000;
    for (const [jti, end] of seen) if (end <= now) seen.delete(jti);
    if (seen.has(payload.jti)) throw new errors.JWTInvalid('seen before');
    seen.set(payload.jti, payload.exp + LEEWAY);
    return payload;
  };
}
