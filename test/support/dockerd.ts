import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandOutput, dockerCli } from "./docker-cli.ts";
import { eventually } from "./eventually.ts";

const project = new URL("../..", import.meta.url).pathname;
const peers = join(project, "node_modules/.cache/hull/peers/usr");

/** Debian's dockerd, for what only the original can say: images in and out, no networks. */
export interface Dockerd extends AsyncDisposable {
	readonly socket: string;
	docker(
		args: readonly string[],
		options?: { readonly input?: Uint8Array; readonly env?: Readonly<Record<string, string>> },
	): Promise<CommandOutput>;
	/** For commands that must succeed; gives what they print. */
	ok(args: readonly string[], options?: { readonly input?: Uint8Array }): Promise<string>;
}

export async function startDockerd(): Promise<Dockerd> {
	const root = mkdtempSync(join(tmpdir(), "hull-dockerd-"));
	const socket = join(root, "docker.sock");
	const child = spawn(
		"dockerd",
		[
			...["--data-root", join(root, "data"), "--exec-root", join(root, "exec"), "--host", `unix://${socket}`],
			...["--pidfile", join(root, "pid"), "--bridge", "none", "--iptables=false", "--ip6tables=false"],
			...["--storage-driver", "overlay2", "--log-level", "error"],
		],
		{
			stdio: ["ignore", "ignore", "pipe"],
			env: { ...process.env, PATH: `${process.env["PATH"]}:${peers}/bin:${peers}/sbin` },
		},
	);
	let log = "";
	child.stderr!.on("data", (chunk) => {
		log += chunk;
	});
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	const docker: Dockerd["docker"] = (args, options) => dockerCli(socket, args, options);
	await eventually(async () => {
		if (child.exitCode !== null) throw new Error(`dockerd ended: ${log}`);
		if (!existsSync(socket) || (await docker(["version"])).code !== 0) throw new Error(`no dockerd: ${log}`);
	}, 30_000);
	return {
		socket,
		docker,
		async ok(args, options) {
			const output = await docker(args, options);
			if (output.code !== 0) throw new Error(`docker ${args.join(" ")}: ${output.stderr}${output.stdout}`);
			return output.stdout;
		},
		async [Symbol.asyncDispose]() {
			child.kill("SIGTERM");
			await ended;
			// Its containerd goes after it.
			await eventually(async () => {
				if (readFileSync("/proc/self/mountinfo", "utf8").includes(root)) throw new Error("still mounted");
				rmSync(root, { recursive: true, force: true });
			}, 10_000);
		},
	};
}
