/** What builds fetch by themselves: repositories over TLS with their submodules, and an agent of the user's. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Buildx, withBuildx } from "../support/buildx.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "hull-build-sources-"));
let daemon: TestDaemon;
let buildx: Buildx;
let server: Server;
let address: string;

beforeAll(async () => {
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
	const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
	run("openssl", ["req", "-x509", ...key, ...names, "-keyout", "key.pem", "-out", "cert.pem"]);
	// As an administrator tells git whom to trust.
	process.env["GIT_SSL_CAINFO"] = join(folder, "cert.pem");
	server = createServer({ key: read("key.pem"), cert: read("cert.pem") }, (request, response) => {
		const path = join(folder, "served", decodeURIComponent(new URL(request.url!, "http://x").pathname));
		const isFile = existsSync(path) && !path.endsWith("/");
		response.writeHead(isFile ? 200 : 404).end(isFile ? readFileSync(path) : "");
	});
	await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
	address = `https://localhost:${(server.address() as AddressInfo).port}`;
	daemon = await startTestDaemon();
	buildx = withBuildx(daemon.socket);
	makeRepositories();
}, 60_000);

afterAll(async () => {
	delete process.env["GIT_SSL_CAINFO"];
	server.closeAllConnections();
	server.close();
	buildx[Symbol.dispose]();
	await daemon.assertClean();
	await daemon[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, 60_000);

const read = (name: string) => readFileSync(join(folder, name), "utf8");

function run(program: string, args: readonly string[], cwd = folder): string {
	return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function git(cwd: string, ...args: string[]): string {
	const identity = ["-c", "user.name=me", "-c", "user.email=me@x", "-c", "protocol.file.allow=always"];
	return run("git", [...identity, ...args], cwd).trim();
}

/** `main.git` with `library.git` as a submodule beside it, as files that any web server could serve. */
function makeRepositories(): void {
	const make = (name: string, files: Readonly<Record<string, string>>) => {
		const path = join(folder, name);
		git(folder, "init", "-q", "-b", "main", name);
		for (const [file, text] of Object.entries(files)) {
			mkdirSync(dirname(join(path, file)), { recursive: true });
			writeFileSync(join(path, file), text);
		}
		git(path, "add", ".");
		git(path, "commit", "-qm", "first");
		return path;
	};
	const library = make("library", { "lib.txt": "from the library\n" });
	const dockerfile = "FROM scratch\nCOPY lib/lib.txt main.txt /\n";
	const main = make("main", { "app/Dockerfile": "FROM scratch\nCOPY here /\n", "app/here": "here\n" });
	writeFileSync(join(main, "Dockerfile"), dockerfile);
	writeFileSync(join(main, "main.txt"), "from the repository\n");
	git(main, "submodule", "--quiet", "add", library, "lib");
	writeFileSync(join(main, ".gitmodules"), '[submodule "lib"]\n\tpath = lib\n\turl = ../library.git\n');
	git(main, "add", ".");
	git(main, "commit", "-qm", "second");
	for (const name of ["main", "library"]) {
		git(folder, "clone", "-q", "--bare", name, `served/${name}.git`);
		git(join(folder, "served", `${name}.git`), "update-server-info");
	}
}

test("a repository over TLS is a context, with its submodules, and provenance names its commit", async () => {
	const archive = join(folder, "main.tar");
	const url = `${address}/main.git#main`;
	const output = ["--provenance", "mode=max", "-o", `type=oci,dest=${archive}`];
	const built = await hullCli(daemon.socket, ["build", ...output, "-o", join(folder, "out"), url]);
	expect([built.code, built.code === 0 ? "" : built.stderr]).toEqual([0, ""]);
	expect(read("out/lib.txt")).toBe("from the library\n");
	expect(read("out/main.txt")).toBe("from the repository\n");
	const commit = git(join(folder, "main"), "rev-parse", "HEAD");
	const { materials, invocation, metadata } = JSON.parse(read("out/provenance.json")).predicate;
	expect(materials).toEqual([{ uri: url, digest: { sha1: commit } }]);
	expect(invocation.configSource).toEqual({ uri: url, digest: { sha1: commit }, entryPoint: "Dockerfile" });
	expect(metadata.completeness.materials).toBe(true);
	// The same by buildx, a folder of it.
	const below = ["buildx", "build", "-o", join(folder, "below"), `${address}/main.git#main:app`];
	const other = await buildx.docker(below);
	expect([other.code, other.code === 0 ? "" : other.stderr]).toEqual([0, ""]);
	expect(read("below/here")).toBe("here\n");
}, 120_000);

test("ADD of a repository has .git when it is to be kept, and not otherwise", async () => {
	const text = `FROM scratch\nADD --keep-git-dir=true ${address}/main.git#main /kept\nADD ${address}/library.git /plain\n`;
	const path = buildx.context("adds", { Dockerfile: text });
	const built = await buildx.docker(["buildx", "build", "-o", join(folder, "added"), path]);
	expect([built.code, built.code === 0 ? "" : built.stderr]).toEqual([0, ""]);
	expect(git(join(folder, "added/kept"), "rev-parse", "HEAD")).toBe(
		git(join(folder, "main"), "rev-parse", "HEAD"),
	);
	expect(read("added/plain/lib.txt")).toBe("from the library\n");
	expect(existsSync(join(folder, "added/plain/.git"))).toBe(false);
}, 120_000);

test("a server whose authority nobody trusts is an error that says so", async () => {
	await using other = await startTestDaemonWithoutTrust();
	const { code, stderr } = await hullCli(other.socket, ["build", `${address}/main.git`]);
	expect(code).toBe(1);
	expect(stderr).toMatch(/cannot fetch https:\/\/localhost:\d+\/main\.git: .*certificate/s);
}, 120_000);

async function startTestDaemonWithoutTrust(): Promise<TestDaemon> {
	const trusted = process.env["GIT_SSL_CAINFO"];
	delete process.env["GIT_SSL_CAINFO"];
	try {
		return await startTestDaemon({ image: false });
	} finally {
		process.env["GIT_SSL_CAINFO"] = trusted;
	}
}

/** ssh-add with all that it loads, as a context. */
function agentProgram(): string {
	const program = "/usr/bin/ssh-add";
	const libraries = run("ldd", [program]).match(/\/\S+/g) ?? [];
	const path = buildx.context("agent", {
		Dockerfile:
			'FROM scratch\nCOPY root /\nRUN --mount=type=ssh,required ["/usr/bin/ssh-add", "-l"]\nRUN --mount=type=ssh,id=other ["/usr/bin/ssh-add", "-L"]\n',
		"root/etc/passwd": "root:x:0:0:root:/:/bin/sh\n",
	});
	for (const file of [program, ...libraries]) {
		mkdirSync(join(path, "root", dirname(file)), { recursive: true });
		copyFileSync(file, join(path, "root", file));
	}
	return path;
}

test("RUN talks to the agents that the user gives, through buildx and hull build", async () => {
	const path = agentProgram();
	const sockets = ["first", "second"].map((name) => join(folder, `${name}.sock`));
	const agents = sockets.map((socket) => spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" }));
	try {
		for (const [index, socket] of sockets.entries()) {
			await eventually(() => expect(existsSync(socket)).toBe(true));
			const key = join(folder, `key-${index}`);
			run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `key ${index}`, "-f", key]);
			execFileSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
		}
		const given = ["--ssh", `default=${sockets[0]}`, "--ssh", `other=${sockets[1]}`, "--no-cache"];
		const args = ["build", "--progress=plain", ...given, path];
		const results = [await buildx.docker(["buildx", ...args]), await hullCli(daemon.socket, args)];
		for (const { code, stderr } of results) {
			expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
			expect(stderr).toMatch(/256 SHA256:\S+ key 0 \(ED25519\)/);
			expect(stderr).toContain(read("key-1.pub").trim());
		}
		const without = await hullCli(daemon.socket, ["build", "--progress=plain", "--no-cache", path]);
		expect(without.stderr).toContain("ssh agent default: not given (--ssh)");
	} finally {
		for (const agent of agents) agent.kill();
	}
}, 120_000);
