// oidc-provider on a free loopback port, set up as a city's provider might be. Its one line of output says where; it ends
// when its input does. Only sign-in is made easy: whoever comes is citizen-1, at the assurance that was asked for.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const { YIMEN_SECRET, YIMEN_JWK } = JSON.parse(process.argv[2]);

async function newKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: randomUUID() };
}

const clients = [
  {
    client_id: 'hangzhou-app',
    client_secret: 'app-secret',
    grant_types: ['authorization_code', 'client_credentials'],
    redirect_uris: ['https://app.test/callback'],
  },
  { client_id: 'yimen', client_secret: YIMEN_SECRET, grant_types: [], redirect_uris: [], response_types: [] },
  {
    client_id: 'yimen-by-key',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [YIMEN_JWK] },
    grant_types: [],
    redirect_uris: [],
    response_types: [],
  },
];

function configuration(keys) {
  return {
    clients,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys },
    acrValues: ['low', 'high'],
    cookies: { keys: ['a secret of the test'] },
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (ctx, client) => client.clientId.startsWith('yimen') },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource) => ({
          scope: 'apply',
          audience: resource,
          accessTokenTTL: 300,
          accessTokenFormat: resource.endsWith('/jwt') ? 'jwt' : 'opaque',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: (ctx, token) => ({
      acr: ctx.oidc.entities.AuthorizationCode?.acr,
      region: '330106',
      // No person stands behind a client's own token: it is its own subject (RFC 9068, section 2.2).
      sub: token.accountId ?? token.clientId,
    }),
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  };
}

let keys = [await newKey()];
let provider;
const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url.startsWith('/keys/')) {
    // The new key signs; the old one stays published after `rotate`, and goes with `withdraw`.
    const fresh = await newKey();
    keys = request.url === '/keys/rotate' ? [fresh, ...keys] : [fresh];
    start();
    response.writeHead(204).end();
  } else if (request.url.startsWith('/interaction/')) {
    await interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else {
    provider.callback()(request, response);
  }
});

async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  let result;
  if (prompt.name === 'login') {
    result = { login: { accountId: 'citizen-1', acr: params.acr_values ?? 'low' } };
  } else {
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope('openid');
    grant.addResourceScope(params.resource, 'apply');
    result = { consent: { grantId: await grant.save() } };
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

server.listen(0, '127.0.0.1', () => {
  start();
  console.log(JSON.stringify({ issuer: issuer() }));
});

function issuer() {
  return `http://127.0.0.1:${server.address().port}`;
}

function start() {
  provider = new Provider(issuer(), configuration(keys));
  provider.on('server_error', (ctx, error) => console.error(error));
}

process.stdin.on('end', () => process.exit()).resume();
