// Makes calls of Kombo's own SDK: reads {base, key, id, calls} from stdin, writes one outcome per call.
// A call is {on, name, args, paged}; dates are written as {"$date": "..."}.
import { Kombo } from "@kombo-api/sdk";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const dates = (_, value) => (value?.$date ? new Date(value.$date) : value);
const { base, key, id, calls } = JSON.parse(Buffer.concat(chunks).toString(), dates);
const kombo = new Kombo({ api_key: key, integration_id: id, server_url: base });

async function made({ on, name, args, paged }) {
  const answer = await kombo[on][name](args);
  if (!paged) return answer.data ?? answer.result?.data;
  const rows = [];
  for await (const page of answer) rows.push(...(page.result ?? page).data.results);
  return rows;
}

const outcomes = [];
for (const call of calls) {
  try {
    outcomes.push({ ok: await made(call) });
  } catch (error) {
    const { code } = error.error ?? {};
    outcomes.push({ refused: error.constructor.name, status: error.statusCode, code, said: String(error) });
  }
}
process.stdout.write(JSON.stringify(outcomes));
