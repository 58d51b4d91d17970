/** Docker's own client against the server, with scripted containers behind it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import type { ContainerCreateRequest } from "../../src/api/index.ts";
import { EngineError } from "../../src/lib/index.ts";
import { dockerCli, dockerProgram } from "../support/docker-cli.ts";
import { startServer, type TestServer } from "./raw-client.ts";
import { type ScriptedProcess, scriptedBackends, scriptedProcess } from "./scripted-backends.ts";

/** One container: what is created takes the place of what was. Started, it does what its command names. */
interface Container {
	readonly request: ContainerCreateRequest;
	readonly process: ScriptedProcess;
	readonly ended: PromiseWithResolvers<number>;
}

describe("Docker's client", () => {
	let server: TestServer;
	let container: Container;
	const versions: string[] = [];

	function create(request: ContainerCreateRequest): Container {
		const ended = Promise.withResolvers<number>();
		const process = scriptedProcess({
			tty: request.Tty,
			stdin: request.OpenStdin ?? false,
			onInput: (data) => void process.print(Uint8Array.from(data)),
		});
		return { request, process, ended };
	}

	async function run({ request, process, ended }: Container): Promise<void> {
		const [command, argument] = request.Cmd ?? [];
		if (command === "cat") {
			await process.inputEnd;
			await process.print("after the end of input\n");
		}
		if (command === "both") {
			await process.print("to stdout\n");
			await process.print("to stderr\n", "stderr");
		}
		if (command === "zeros")
			for (let count = 0; count < 1600; count++) await process.print(Buffer.alloc(65_536));
		process.exit();
		ended.resolve(Number(argument ?? 0));
	}

	before(async () => {
		server = await startServer(
			scriptedBackends({
				system: { version: async () => ({ Version: "0.1.0", ApiVersion: "1.55", MinAPIVersion: "1.24" }) },
				containers: {
					create: async (request) => {
						container = create(request);
						return { Id: "c".repeat(64) };
					},
					attach: async () => container.process.streams,
					start: async () => {
						if (container.request.Cmd?.[0] === "absent") {
							container.process.exit();
							container.ended.resolve(127);
							throw new EngineError(
								"command_not_found",
								'failed to create task: exec: "absent": executable file not found in $PATH: unknown',
							);
						}
						void run(container);
						return true;
					},
					wait: async (_reference, condition) => {
						versions.push(condition);
						const { ended } = container;
						return async () => ({ StatusCode: await ended.promise });
					},
					inspect: async () => ({ Id: "c".repeat(64), Config: { Tty: container.request.Tty }, State: {} }),
					remove: async () => {},
					resize: async () => {},
					list: async () => [{ Id: "c".repeat(64), Names: ["/web"], State: "running", Image: "busybox" }],
					logs: async () => ({
						tty: false,
						output: (async function* () {
							yield { stream: "stdout" as const, data: Buffer.from("logged\n") };
							yield { stream: "stderr" as const, data: Buffer.from("complained\n") };
						})(),
					}),
					execCreate: async () => ({ Id: "e".repeat(64) }),
					execStart: async () => async () => {
						throw new EngineError(
							"command_not_found",
							'exec: "absent": executable file not found in $PATH: unknown',
						);
					},
					execInspect: async () => ({ ID: "e".repeat(64), Running: false, ExitCode: 127 }),
				},
			}),
		);
	});
	after(async () => {
		await server.close();
		assert.deepEqual(server.errors, []);
	});

	test("agrees on a version", async () => {
		const { code, stdout } = await dockerCli(server.path, ["version", "--format", "{{json .}}"]);
		assert.equal(code, 0);
		assert.equal(JSON.parse(stdout).Server.ApiVersion, "1.55");
	});

	test("lists", async () => {
		const { stdout } = await dockerCli(server.path, ["ps", "--format", "{{.Names}}"]);
		assert.equal(stdout, "web\n");
	});

	test("runs with both outputs apart and the exit code", async () => {
		const result = await dockerCli(server.path, ["run", "busybox", "both", "3"]);
		assert.deepEqual(result, { code: 3, stdout: "to stdout\n", stderr: "to stderr\n" });
	});

	test("ends its input and still gets output", async () => {
		const result = await dockerCli(server.path, ["run", "-i", "busybox", "cat"], { input: "typed\n" });
		assert.deepEqual(result, { code: 0, stdout: "typed\nafter the end of input\n", stderr: "" });
	});

	test("carries 100 MiB", async () => {
		const child = spawn(dockerProgram, ["-H", `unix://${server.path}`, "run", "busybox", "zeros"]);
		let received = 0;
		child.stdout.on("data", (chunk: Buffer) => {
			received += chunk.length;
		});
		const code = await new Promise((resolve) => child.on("close", resolve));
		assert.equal(code, 0);
		assert.equal(received, 1600 * 65_536);
	});

	test("removes what it ran with --rm after waiting for its removal", async () => {
		versions.splice(0);
		assert.equal((await dockerCli(server.path, ["run", "--rm", "busybox", "true"])).code, 0);
		assert.deepEqual(versions, ["removed"]);
	});

	test("makes 127 of a command that is not there, started or executed", async () => {
		const run = await dockerCli(server.path, ["run", "busybox", "absent"]);
		assert.equal(run.code, 127);
		assert.match(run.stderr, /executable file not found/);
		const exec = await dockerCli(server.path, ["exec", "web", "absent"]);
		assert.equal(exec.code, 127);
		assert.match(exec.stdout + exec.stderr, /executable file not found/);
	});

	test("reads logs, both outputs apart", async () => {
		container = create({});
		const result = await dockerCli(server.path, ["logs", "web"]);
		assert.deepEqual(result, { code: 0, stdout: "logged\n", stderr: "complained\n" });
	});

	test("shows what is not supported, and that there is no swarm", async () => {
		const swarm = await dockerCli(server.path, ["swarm", "init"]);
		assert.match(swarm.stderr, /swarm mode \(SwarmInit\) is not supported yet/);
		const service = await dockerCli(server.path, ["service", "ls"]);
		assert.match(service.stderr, /This node is not a swarm manager/);
	});
});
