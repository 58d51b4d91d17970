/**
 * A virtual machine with hull-guest in it, without shim and daemon: QEMU as the engine starts it, its link and console on
 * sockets of the test, which speaks frames. For the suites of `native/guest/`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
	closeSync,
	cpSync,
	ftruncateSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { decodeFields, encodeFields, type Field, fieldOf } from "../../src/runtime/session/fields.ts";
import {
	encodeCredit,
	encodeFrame,
	encodeRequest,
	type Frame,
	FrameReader,
	frameType,
	stream,
} from "../../src/runtime/session/frame.ts";
import { qemuArguments } from "../../src/runtime/vm/qemu-arguments.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const finals: number[] = [
	frameType.ok,
	frameType.started,
	frameType.exit,
	frameType.status,
	frameType.error,
	frameType.closed,
];

export type FieldList = Parameters<typeof encodeFields>[0];

/** One answer of the guest: the type of the frame and its fields. */
export interface Answer {
	readonly type: number;
	readonly fields: readonly Field[];
}

/** A channel with streams. */
export class GuestStream {
	readonly output: Buffer[][] = [[], [], []];
	readonly ended = [false, false, false];
	readonly answers: Answer[] = [];
	/** False: credit is kept back. */
	takes = true;
	onData: ((bytes: Buffer) => void) | undefined;
	#waiting: (() => void)[] = [];
	#owed = 0;

	readonly machine: GuestMachine;
	readonly channel: number;

	constructor(machine: GuestMachine, channel: number) {
		this.machine = machine;
		this.channel = channel;
	}

	text(number: number = stream.stdout): string {
		return Buffer.concat(this.output[number]!).toString();
	}

	write(bytes: Buffer | string): void {
		this.machine.send(encodeFrame(frameType.data, this.channel, Buffer.from(bytes)));
	}

	endInput(): void {
		this.machine.send(encodeFrame(frameType.eof, this.channel));
	}

	close(): void {
		this.machine.send(encodeFrame(frameType.close, this.channel));
	}

	/** The first answer of this type; an ERROR instead is thrown. */
	async answer(type: number): Promise<Answer> {
		for (;;) {
			const found = this.answers.find((answer) => answer.type === type);
			if (found !== undefined) return found;
			const failed = this.answers.find((answer) => answer.type === frameType.error);
			if (failed !== undefined) throw guestError(failed);
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	/** Gives back the credit of all that came, and from now on of all that comes. */
	giveCredit(): void {
		this.takes = true;
		if (this.#owed > 0) this.machine.send(encodeCredit(this.channel, this.#owed, stream.stdout));
		this.#owed = 0;
	}

	take(frame: Frame): void {
		if (frame.type === frameType.data) {
			const bytes = Buffer.from(frame.payload);
			if (this.onData === undefined) this.output[frame.stream]!.push(bytes);
			else this.onData(bytes);
			this.#owed += frame.payload.length;
			if (this.takes) this.giveCredit();
		} else if (frame.type === frameType.eof) {
			this.ended[frame.stream] = true;
		} else if (frame.type !== frameType.credit) {
			this.answers.push({ type: frame.type, fields: decodeFields(frame.payload) });
		}
		for (const resolve of this.#waiting.splice(0)) resolve();
	}
}

export interface MachineDisks {
	readonly layers?: { readonly path: string; readonly parts: readonly { offset: number; length: number }[] };
	readonly upper?: string;
}

export class GuestMachine implements AsyncDisposable {
	#nextChannel = 0;
	#link: Socket | undefined;
	#open = new Map<number, GuestStream>();
	#unsolicited: Frame[] = [];
	#waiting: (() => void)[] = [];
	console = "";

	readonly folder: string;
	readonly qemu: ChildProcess;
	readonly servers: readonly Server[];

	private constructor(folder: string, qemu: ChildProcess, servers: readonly Server[]) {
		this.folder = folder;
		this.qemu = qemu;
		this.servers = servers;
	}
	/** Boots a machine and waits until it has said BOOTED and HELLO. */
	static async boot(
		disks: MachineDisks,
		options: { memoryMib?: number; shared?: string; greet?: boolean } = {},
	) {
		const folder = mkdtempSync(`${tmpdir()}/hull-guest-`);
		const servers = [createServer(), createServer()] as const;
		servers[0].listen(`${folder}/link`);
		servers[1].listen(`${folder}/console`);
		const qemu = spawn("qemu-system-x86_64", argumentsFor(folder, disks, options), {
			stdio: ["ignore", "ignore", "inherit"],
		});
		const machine = new GuestMachine(folder, qemu, servers);
		servers[1].on("connection", (socket) => socket.on("data", (bytes) => (machine.console += bytes)));
		const [link] = (await once(servers[0], "connection")) as [Socket];
		machine.#attach(link);
		await machine.unsolicited(frameType.booted);
		if (options.greet !== false) await machine.greet();
		return machine;
	}

	#attach(link: Socket): void {
		const reader = new FrameReader();
		this.#link = link;
		link.on("error", () => undefined);
		link.on("data", (chunk: Buffer) => {
			for (const frame of reader.push(chunk)) this.#take(frame);
		});
	}

	#take(frame: Frame): void {
		const channel = this.#open.get(frame.channel);
		if (channel === undefined) {
			this.#unsolicited.push({ ...frame, payload: Buffer.from(frame.payload) });
			for (const resolve of this.#waiting.splice(0)) resolve();
			return;
		}
		if (isFinal(frame, channel)) this.#open.delete(frame.channel);
		channel.take(frame);
	}

	/** The next frame of this type on channel 0. */
	async unsolicited(type: number): Promise<Frame> {
		for (;;) {
			const index = this.#unsolicited.findIndex((frame) => frame.type === type);
			if (index >= 0) return this.#unsolicited.splice(index, 1)[0]!;
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	send(bytes: Uint8Array): void {
		this.#link!.write(bytes);
	}

	/** HELLO, and the guest's. A second one makes this another supervisor: the channels of the first are over. */
	async greet(): Promise<readonly Field[]> {
		this.#open.clear();
		this.send(
			encodeFrame(
				frameType.hello,
				0,
				encodeFields([
					["version", 2],
					["oldest", 2],
				]),
			),
		);
		return decodeFields((await this.unsolicited(frameType.hello)).payload);
	}

	/** Sends a request; its streams and answers come on what is returned. */
	stream(type: number, fields: FieldList = []): GuestStream {
		this.#nextChannel = (this.#nextChannel % 60_000) + 1;
		const channel = new GuestStream(this, this.#nextChannel);
		this.#open.set(channel.channel, channel);
		this.send(encodeRequest(type, channel.channel, encodeFields(fields)));
		return channel;
	}

	/** Sends a request and waits for its only answer. An ERROR is thrown. */
	async request(type: number, fields: FieldList = []): Promise<readonly Field[]> {
		const channel = this.stream(type, fields);
		while (channel.answers.length === 0) await channel.answer(finalOf(type));
		const [answer] = channel.answers;
		if (answer!.type === frameType.error) throw guestError(answer!);
		return answer!.fields;
	}

	/** Runs an exec to its end. */
	async exec(
		arguments_: readonly string[],
		fields: FieldList = [],
	): Promise<{ code: number; output: string; errors: string }> {
		const id = `exec-${this.#nextChannel}`;
		const channel = this.stream(frameType.exec, [
			...([
				["exec", id],
				["stdout", true],
				["stderr", true],
			] as const),
			...arguments_.map((argument) => ["arg", argument] as const),
			...rootProcess,
			...fields,
		]);
		await channel.answer(frameType.closed);
		const exit = await this.request(frameType.wait, [["exec", id]]);
		return {
			code: Number(fieldOf(exit, "exit-code")),
			output: channel.text(),
			errors: channel.text(stream.stderr),
		};
	}

	/** Resolves when QEMU has ended. */
	async ended(): Promise<number | null> {
		if (this.qemu.exitCode === null && this.qemu.signalCode === null) await once(this.qemu, "exit");
		return this.qemu.exitCode;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.qemu.kill("SIGKILL");
		await this.ended();
		for (const server of this.servers) server.close();
		this.#link?.destroy();
		rmSync(this.folder, { recursive: true, force: true });
	}
}

function isFinal(frame: Frame, channel: GuestStream): boolean {
	if (!finals.includes(frame.type)) return false;
	// STARTED and OK come first where streams follow.
	const streams =
		channel.answers.length === 0 && (frame.type === frameType.started || frame.type === frameType.ok);
	return !streams;
}

function finalOf(type: number): number {
	switch (type) {
		case frameType.start:
			return frameType.started;
		case frameType.wait:
			return frameType.exit;
		case frameType.state:
		case frameType.stats:
		case frameType.processes:
			return frameType.status;
		default:
			return frameType.ok;
	}
}

export function guestError(answer: Answer): Error & { code?: string } {
	const error: Error & { code?: string } = new Error(fieldOf(answer.fields, "message"));
	error.code = fieldOf(answer.fields, "code") ?? "";
	return error;
}

const everyCapability = ((1n << 41n) - 1n).toString();

/** The process fields of root with every capability. */
export const rootProcess = [
	["uid", 0],
	["gid", 0],
	...["bounding", "effective", "permitted"].map((set) => [`cap-${set}`, everyCapability] as const),
] as const;

/** The mounts of an ordinary container. */
export const usualMounts = [
	...mount("/proc", "proc", "nosuid", "noexec", "nodev"),
	...mount("/dev", "tmpfs", "nosuid", "mode=755", "size=65536k"),
	...mount("/dev/pts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
	...mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro"),
	...mount("/sys/fs/cgroup", "cgroup2", "ro"),
	...mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev"),
	...mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"),
];

export function mount(target: string, type: string, ...options: string[]): (readonly [string, string])[] {
	return [
		["guest-mount-target", target],
		["guest-mount-type", type],
		...options.map((option) => ["guest-mount-option", option] as const),
	];
}

/** GUEST_PREPARE's fields for the disks of `makeDisks` and a command. */
export function containerFields(disks: MachineDisks, arguments_: readonly string[], fields: FieldList = []) {
	return [
		...arguments_.map((argument) => ["arg", argument] as const),
		["env", "PATH=/bin:/usr/bin"] as const,
		...rootProcess,
		...disks.layers!.parts.map(({ offset, length }) => ["layer", `${offset}:${length}`] as const),
		["upper", disks.upper === undefined ? "tmpfs" : "disk"] as const,
		...usualMounts,
		...["pid", "ipc", "uts", "cgroup"].map((name) => [`${name}-namespace`, true] as const),
		...fields,
	];
}

/** The disks of a busybox container: two layers, the topmost first, and an upper. */
export function makeDisks(folder: string, options: { upper?: boolean } = {}): MachineDisks {
	const layers = [`${folder}/top`, `${folder}/base`];
	mkdirSync(`${layers[1]}/bin`, { recursive: true });
	for (const name of ["etc", "tmp", "proc", "sys", "dev", "root"]) mkdirSync(`${layers[1]}/${name}`);
	cpSync("/bin/busybox", `${layers[1]}/bin/busybox`);
	for (const name of execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n"))
		if (name !== "busybox") symlinkSync("busybox", `${layers[1]}/bin/${name}`);
	writeFileSync(`${layers[1]}/etc/passwd`, "root:x:0:0:root:/root:/bin/sh\n");
	writeFileSync(`${layers[1]}/etc/hidden`, "below\n");
	mkdirSync(`${layers[0]}/etc`, { recursive: true });
	writeFileSync(`${layers[0]}/etc/hidden`, "above\n");
	const parts: { offset: number; length: number }[] = [];
	const disk = openSync(`${folder}/layers.img`, "w");
	for (const layer of layers) {
		execFileSync("mkfs.erofs", [`${layer}.erofs`, layer], { stdio: "ignore" });
		const offset = parts.reduce((sum, part) => sum + part.length, 0);
		parts.push({ offset, length: statSync(`${layer}.erofs`).size });
		writeFileSync(disk, readFileSync(`${layer}.erofs`));
	}
	closeSync(disk);
	if (options.upper !== true) return { layers: { path: `${folder}/layers.img`, parts } };
	const upper = openSync(`${folder}/upper.img`, "w");
	ftruncateSync(upper, 64 << 20);
	closeSync(upper);
	execFileSync("mkfs.ext4", ["-q", "-F", `${folder}/upper.img`]);
	return { layers: { path: `${folder}/layers.img`, parts }, upper: `${folder}/upper.img` };
}

/** The engine's own arguments, with files in place of the jail's and sockets in place of descriptors. */
function argumentsFor(
	folder: string,
	disks: MachineDisks,
	options: { memoryMib?: number; shared?: string },
): string[] {
	const tscKhz = Math.round(
		Number(/cpu MHz\s*: ([\d.]+)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "2000") * 1000,
	);
	const places: [string, string][] = [
		["fd={link}", `path=${folder}/link`],
		["fd={console}", `path=${folder}/console`],
		["fd={qmp},server=on", `path=${folder}/qmp,server=on`],
		["file.driver=vmdk,file.read-only=on,file.file.driver=file,file.file.", "file.driver=file,file."],
		["file.file.locking", "file.locking"],
		["/disks/layers.vmdk", disks.layers?.path ?? ""],
		["/disks/upper.ext4", disks.upper ?? ""],
		["path=/shared", `path=${options.shared ?? folder}`],
		["/vm/", `${root}dist/vm/`],
	];
	return qemuArguments({
		size: { memoryBytes: (options.memoryMib ?? 256) * 2 ** 20, cpus: 1 },
		accelerator: "tcg",
		tscKhz,
		taps: 0,
		disks: { layers: disks.layers !== undefined, upper: disks.upper === undefined ? "none" : "volatile" },
		start: "boot",
	}).map((argument) => places.reduce((text, [from, to]) => text.replace(from, to), argument));
}
