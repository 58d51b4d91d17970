import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";

/** A host beside this one: a network namespace behind a link, with addresses of both families at both ends. */
export interface Neighbour extends Disposable {
	/** This host's addresses there. */
	readonly host4: string;
	readonly host6: string;
	/** The neighbour's own. */
	readonly own4: string;
	readonly own6: string;
	/** Runs a program of {@link programs} there and gives what it printed; also when it failed. */
	run(program: string, ...args: readonly (string | number)[]): Promise<string>;
	/** One that goes on; see {@link startIn}. */
	start(program: string, ...args: readonly (string | number)[]): Promise<Talk>;
}

/** A program that was started: it has said `ready`. */
export interface Talk extends Disposable {
	/** The next line that it prints; `undefined` when it has ended. */
	next(): Promise<string | undefined>;
	say(line: string): void;
}

export const programs = {
	/** Says hello to an address and port by TCP and prints the answer, or the error's code. */
	call: `const [host, port] = process.argv.slice(1);
		const socket = require("net").connect({ host, port: Number(port) }, () => socket.write("hello"));
		socket.setEncoding("utf8");
		const say = (text) => { console.log(text); process.exit(); };
		socket.on("data", say);
		socket.on("error", (error) => say(error.code));
		socket.on("end", () => say("end"));`,
	/** Answers each connection to a port, by TCP, with the client's address. */
	greet: `const [host, port] = process.argv.slice(1);
		require("net").createServer((socket) => {
			socket.on("error", () => {});
			socket.on("data", () => socket.write(socket.remoteAddress.replace("::ffff:", "")));
		}).listen({ host, port: Number(port) }, () => console.log("ready"));`,
	/** The same by UDP. */
	greetDatagrams: `const [host, port] = process.argv.slice(1);
		const socket = require("dgram").createSocket(host.includes(":") ? "udp6" : "udp4");
		socket.on("message", (message, from) => socket.send(from.address, from.port, from.address));
		socket.bind(Number(port), host, () => console.log("ready"));`,
	/** Sends one datagram from one socket for each line that it is told, and prints answers and errors. */
	ask: `const [host, port] = process.argv.slice(1);
		const socket = require("dgram").createSocket(host.includes(":") ? "udp6" : "udp4");
		socket.on("message", (message) => console.log(String(message)));
		socket.on("error", (error) => console.log(error.code));
		socket.connect(Number(port), host, () => console.log("ready"));
		require("readline").createInterface({ input: process.stdin }).on("line", (line) => socket.send(line, (error) => error && console.log(error.code)));`,
};

/** Makes the link; its subnets are chosen at random out of those for documentation. */
export function createNeighbour(): Neighbour {
	const name = `hulltest-${randomBytes(4).toString("hex")}`;
	const link = `ht${randomBytes(4).toString("hex")}`;
	const subnet = `198.18.${randomBytes(1)[0]}`;
	const subnet6 = `2001:db8:${randomBytes(2).toString("hex")}:`;
	const addresses = {
		host4: `${subnet}.1`,
		own4: `${subnet}.2`,
		host6: `${subnet6}:1`,
		own6: `${subnet6}:2`,
	};
	const ip = (...args: string[]) => execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
	const inside = (...args: string[]) => ip("-n", name, ...args);
	ip("netns", "add", name);
	ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
	ip("addr", "add", `${addresses.host4}/24`, "dev", link);
	ip("-6", "addr", "add", `${addresses.host6}/64`, "dev", link, "nodad");
	ip("link", "set", link, "up");
	inside("addr", "add", `${addresses.own4}/24`, "dev", "eth0");
	inside("-6", "addr", "add", `${addresses.own6}/64`, "dev", "eth0", "nodad");
	inside("link", "set", "lo", "up");
	inside("link", "set", "eth0", "up");
	inside("route", "add", "default", "via", addresses.host4);
	inside("-6", "route", "add", "default", "via", addresses.host6);
	const enter = ["ip", "netns", "exec", name];
	return {
		...addresses,
		run: (program, ...args) => runProgram(enter, program, args),
		start: (program, ...args) => startProgram(enter, program, args),
		[Symbol.dispose]() {
			ip("link", "delete", link);
			ip("netns", "delete", name);
		},
	};
}

/** Starts a program in the network of a process; resolves when it has said `ready`. */
export function startIn(pid: number, program: string, ...args: readonly (string | number)[]): Promise<Talk> {
	return startProgram(["nsenter", "-t", String(pid), "-n"], program, args);
}

/** Runs one there, and gives what it printed. */
export function runIn(pid: number, program: string, ...args: readonly (string | number)[]): Promise<string> {
	return runProgram(["nsenter", "-t", String(pid), "-n"], program, args);
}

function spawnProgram(enter: readonly string[], program: string, args: readonly (string | number)[]) {
	const command = [...enter, process.execPath, "-e", program, ...args.map(String)];
	return spawn(command[0]!, command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
}

async function runProgram(
	enter: readonly string[],
	program: string,
	args: readonly (string | number)[],
): Promise<string> {
	const child = spawnProgram(enter, program, args);
	let text = "";
	for await (const chunk of child.stdout!) text += chunk;
	return text.trim();
}

async function startProgram(
	enter: readonly string[],
	program: string,
	args: readonly (string | number)[],
): Promise<Talk> {
	const child: ChildProcess = spawnProgram(enter, program, args);
	const lines = linesOf(child);
	const next = async () => (await lines.next()).value as string | undefined;
	const first = await next();
	if (first !== "ready") throw new Error(`the program said ${first}`);
	return {
		next,
		say: (line) => child.stdin!.write(`${line}\n`),
		[Symbol.dispose]() {
			child.kill("SIGKILL");
		},
	};
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
	let rest = "";
	for await (const chunk of child.stdout!) {
		const lines = (rest + chunk).split("\n");
		rest = lines.pop()!;
		yield* lines;
	}
}
