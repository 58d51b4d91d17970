/**
 * Records what the stock docker client sends for the flags in `fixtures/create-arguments.txt`, into
 * `fixtures/create-requests.json`: `node test/cli/record-requests.mjs` (docker client 28 on PATH).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const here = new URL("./fixtures/", import.meta.url).pathname;

if (isMainThread) await recordAll();
else serve(workerData);

async function recordAll() {
	const folder = mkdtempSync(join(tmpdir(), "hull-record-"));
	const socket = join(folder, "engine.sock");
	const body = join(folder, "body.json");
	const worker = new Worker(new URL(import.meta.url), { workerData: { socket, body } });
	await new Promise((resolve) => worker.once("message", resolve));
	const lines = readFileSync(join(here, "create-arguments.txt"), "utf8").split("\n");
	const cases = lines.filter((line) => line !== "" && !line.startsWith("#"));
	const records = cases.map((line) => record(JSON.parse(line), { socket, body }));
	const rows = records
		.map((row) => JSON.stringify(row).replaceAll(here.replace(/\/$/, ""), "{fixtures}"))
		.join(",\n");
	writeFileSync(join(here, "create-requests.json"), `[\n${rows}\n]\n`);
	await worker.terminate();
	rmSync(folder, { recursive: true });
}

function record(args, { socket, body }) {
	writeFileSync(body, "");
	const [verb, ...rest] = args;
	const result = spawnSync("docker", ["-H", `unix://${socket}`, verb, ...rest], {
		encoding: "utf8",
		cwd: here,
		env: { ...process.env, RECORDED: "from the environment" },
	});
	const sent = readFileSync(body, "utf8");
	if (sent !== "") return { args, ...JSON.parse(sent) };
	return { args, error: result.stderr.trim(), exitCode: result.status };
}

function serve({ socket, body }) {
	const server = createServer((request, response) => {
		response.setHeader("Api-Version", "1.55");
		response.setHeader("Ostype", "linux");
		const chunks = [];
		request.on("data", (chunk) => chunks.push(chunk));
		request.on("end", () => {
			const { pathname, searchParams } = new URL(request.url, "http://engine");
			if (pathname.endsWith("/_ping")) return response.end("OK");
			if (request.method === "GET") return response.end("{}");
			if (/\/(create|update|exec)$/.test(pathname)) {
				const query = Object.fromEntries(searchParams);
				writeFileSync(body, JSON.stringify({ query, body: JSON.parse(Buffer.concat(chunks)) }));
			}
			response.statusCode = 500;
			response.setHeader("Content-Type", "application/json");
			response.end(JSON.stringify({ message: "recorded" }));
		});
	});
	server.listen(socket, () => parentPort.postMessage("ready"));
}
