// Acts through Kombo's own SDK: reads a call per line from stdin, writes what came of it as a line.
// A call is {name, args, key}: `key` is sent as Idempotency-Key.
import { createInterface } from "node:readline";
import { Kombo } from "@kombo-api/sdk";

const [, , base, apiKey, id] = process.argv;
const kombo = new Kombo({ api_key: apiKey, integration_id: id, server_url: base });
const dates = (name, value) => (/_time$/.test(name) ? new Date(value) : value);

for await (const line of createInterface({ input: process.stdin })) {
  const { name, args, key } = JSON.parse(line, dates);
  let told;
  try {
    const answer = await kombo.ats[name](args, { headers: { "Idempotency-Key": key } });
    told = { ok: answer };
  } catch (error) {
    told = { refused: error.constructor.name, status: error.statusCode, said: String(error) };
  }
  process.stdout.write(JSON.stringify(told) + "\n");
}
