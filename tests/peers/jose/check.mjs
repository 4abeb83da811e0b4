// Runs the recipe beside it on the cases of its input (JSON); answers what it made of each.
import { errors } from 'jose';

import { assertions } from './verify.mjs';

let input = '';
for await (const part of process.stdin) input += part;
const { gateway, audience, cases } = JSON.parse(input);
const verify = assertions(gateway, audience);
const answers = [];
for (const { assertion, method, path } of cases) {
  try {
    answers.push({ sub: (await verify(assertion, method, path)).sub });
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    answers.push({ refused: `${error.code}: ${error.message}` });
  }
}
process.stdout.write(JSON.stringify(answers));
