import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestRegistry extends AsyncDisposable {
	/** `localhost:40123`. */
	readonly domain: string;
}

export interface RealRegistry extends TestRegistry {
	/** PEM file of the authority that signed its certificate; there with `tls`. */
	readonly caFile: string;
	/** `kill -9`; its storage stays. */
	kill(): Promise<void>;
	/** Starts it again on the same port. */
	start(): Promise<void>;
}

export interface RegistryOptions {
	/** Passwords by user name. */
	readonly users?: Readonly<Record<string, string>>;
	/** Serve with TLS only, with a certificate for `localhost` and `127.0.0.1` of an authority of its own. */
	readonly tls?: boolean;
	/** Be a mirror that fetches from this address what it does not have. */
	readonly mirrorOf?: string;
}

/** Starts Debian's docker-registry on a free loopback port, with its storage in a temporary folder. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RealRegistry> {
	const folder = mkdtempSync(join(tmpdir(), "hull-registry-"));
	const port = await freePort();
	const config = join(folder, "config.yml");
	writeFileSync(config, await configuration({ folder, port, options }));
	let child: ChildProcess | undefined;
	const kill = async () => {
		const running = child;
		if (running === undefined) return;
		child = undefined;
		const ended = new Promise<void>((resolve) => running.once("close", () => resolve()));
		running.kill("SIGKILL");
		await ended;
	};
	const start = async () => {
		const started = spawn("docker-registry", ["serve", config], { stdio: "ignore" });
		child = started;
		const failed = new Promise<never>((_, reject) => started.once("error", reject));
		await Promise.race([listening(port), failed]);
	};
	try {
		await start();
	} catch (error) {
		rmSync(folder, { recursive: true, force: true });
		throw error;
	}
	return {
		domain: `localhost:${port}`,
		caFile: join(folder, "ca.crt"),
		kill,
		start,
		async [Symbol.asyncDispose]() {
			await kill();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

interface Configuration {
	readonly folder: string;
	readonly port: number;
	readonly options: RegistryOptions;
}

async function configuration({ folder, port, options }: Configuration): Promise<string> {
	const { users = {}, tls = false, mirrorOf } = options;
	const lines = [
		"version: 0.1",
		"log:\n  level: error",
		`storage:\n  filesystem:\n    rootdirectory: ${join(folder, "data")}\n  delete:\n    enabled: true`,
		`http:\n  addr: 127.0.0.1:${port}`,
	];
	if (tls) {
		makeCertificate(folder);
		lines.push(
			`  tls:\n    certificate: ${join(folder, "server.crt")}\n    key: ${join(folder, "server.key")}`,
		);
	}
	if (mirrorOf !== undefined) lines.push(`proxy:\n  remoteurl: ${mirrorOf}`);
	if (Object.keys(users).length > 0) {
		const htpasswd = join(folder, "htpasswd");
		const entries = Object.entries(users).map(
			async ([name, password]) => `${name}:${await bcrypt(password)}`,
		);
		writeFileSync(htpasswd, `${(await Promise.all(entries)).join("\n")}\n`);
		lines.push(`auth:\n  htpasswd:\n    realm: test\n    path: ${htpasswd}`);
	}
	return `${lines.join("\n")}\n`;
}

/** An authority (`ca.crt`) and a certificate that it signed (`server.crt`, `server.key`). */
function makeCertificate(folder: string): void {
	const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
	openssl(
		"req",
		"-x509",
		...key,
		"-keyout",
		"ca.key",
		"-out",
		"ca.crt",
		"-days",
		"2",
		"-subj",
		"/CN=test authority",
	);
	openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
	writeFileSync(join(folder, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
	const signed = ["-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
	openssl("x509", ...signed, "-days", "2", "-extfile", "names", "-out", "server.crt");
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
