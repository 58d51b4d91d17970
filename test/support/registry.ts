import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestRegistry extends AsyncDisposable {
	/** `localhost:40123`. */
	readonly domain: string;
}

/** Starts Debian's docker-registry on a free loopback port, with its storage in a temporary folder. */
export async function startRegistry(
	options: { readonly users?: Readonly<Record<string, string>> } = {},
): Promise<TestRegistry> {
	const folder = mkdtempSync(join(tmpdir(), "hull-registry-"));
	const port = await freePort();
	const htpasswd = join(folder, "htpasswd");
	const users = Object.entries(options.users ?? {});
	const lines = users.map(async ([name, password]) => `${name}:${await bcrypt(password)}`);
	writeFileSync(htpasswd, `${(await Promise.all(lines)).join("\n")}\n`);
	const auth = users.length === 0 ? "" : `auth:\n  htpasswd:\n    realm: test\n    path: ${htpasswd}\n`;
	const config = join(folder, "config.yml");
	writeFileSync(
		config,
		`version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${join(folder, "data")}\n` +
			`  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:${port}\n${auth}`,
	);
	const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	await listening(port);
	return {
		domain: `localhost:${port}`,
		async [Symbol.asyncDispose]() {
			child.kill("SIGKILL");
			await ended;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** A registry that answers as the test says. */
export async function startScriptedRegistry(
	answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestRegistry> {
	const server = createServer(answer);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		domain: `127.0.0.1:${port}`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

async function freePort(): Promise<number> {
	const server = createTcpServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function listening(port: number): Promise<void> {
	const deadline = Date.now() + 10_000;
	while (!(await accepts(port))) {
		if (Date.now() > deadline) throw new Error(`docker-registry does not listen on port ${port}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

function accepts(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", () => resolve(false));
	});
}

function bcrypt(password: string): Promise<string> {
	return Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 });
}
