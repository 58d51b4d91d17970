import { encodeFrame, frameType } from "../../../src/runtime/session/frame.ts";
import type { GuestMachine, GuestStream } from "../../support/guest-machine.ts";

export const opcode = {
	lookup: 1,
	forget: 2,
	getattr: 3,
	setattr: 4,
	readlink: 5,
	symlink: 6,
	mkdir: 9,
	unlink: 10,
	rename: 12,
	open: 14,
	read: 15,
	write: 16,
	release: 18,
	setxattr: 21,
	getxattr: 22,
	init: 26,
	opendir: 27,
	readdir: 28,
	create: 35,
} as const;

export interface FuseAnswer {
	/** 0, or a negative error number. */
	readonly error: number;
	readonly body: Buffer;
}

/** Speaks FUSE over a FILES channel, as the host's kernel would (linux/fuse.h). */
export class FuseClient {
	#unique = 0n;
	#received = Buffer.alloc(0);
	#waiting = new Map<bigint, (answer: FuseAnswer) => void>();

	readonly channel: GuestStream;

	private constructor(channel: GuestStream) {
		this.channel = channel;
		channel.onData = (bytes) => this.#take(bytes);
	}

	static async open(machine: GuestMachine): Promise<FuseClient> {
		const channel = machine.stream(frameType.files);
		await channel.answer(frameType.ok);
		const client = new FuseClient(channel);
		await client.ask(opcode.init, 0, Buffer.from(new Uint32Array([7, 31, 131_072, 0xffff_ffff]).buffer));
		return client;
	}

	ask(code: number, node: number, body: Uint8Array = Buffer.alloc(0), user = 0): Promise<FuseAnswer> {
		const header = Buffer.alloc(40);
		const unique = ++this.#unique;
		header.writeUInt32LE(40 + body.length, 0);
		header.writeUInt32LE(code, 4);
		header.writeBigUInt64LE(unique, 8);
		header.writeBigUInt64LE(BigInt(node), 16);
		header.writeUInt32LE(user, 24);
		header.writeUInt32LE(user, 28);
		const message = Buffer.concat([header, body]);
		const answer = new Promise<FuseAnswer>((resolve) => this.#waiting.set(unique, resolve));
		for (let at = 0; at < message.length; at += 65_536)
			this.channel.machine.send(
				encodeFrame(frameType.data, this.channel.channel, message.subarray(at, at + 65_536)),
			);
		return answer;
	}

	/** The node of a path below `/`; throws the error number. */
	async walk(path: string): Promise<number> {
		let node = 1;
		for (const name of path.split("/").filter((part) => part !== ""))
			node = Number((await this.must(opcode.lookup, node, text(name))).readBigUInt64LE(0));
		return node;
	}

	async must(code: number, node: number, body?: Uint8Array, user?: number): Promise<Buffer> {
		const { error, body: answer } = await this.ask(code, node, body, user);
		if (error !== 0) throw new Error(`fuse operation ${code} failed: ${error}`);
		return answer;
	}

	async read(path: string): Promise<string> {
		const node = await this.walk(path);
		const handle = (await this.must(opcode.open, node, Buffer.alloc(8))).readBigUInt64LE(0);
		const request = Buffer.alloc(40);
		request.writeBigUInt64LE(handle, 0);
		request.writeUInt32LE(65_536, 16);
		const content = (await this.must(opcode.read, node, request)).toString();
		await this.must(opcode.release, node, handleRequest(handle, 24));
		return content;
	}

	async write(path: string, content: Uint8Array | string): Promise<void> {
		const at = path.lastIndexOf("/");
		const folder = await this.walk(path.slice(0, at));
		const request = Buffer.alloc(16);
		request.writeUInt32LE(0o1 | 0o1000, 0);
		request.writeUInt32LE(0o100644, 4);
		const created = await this.must(
			opcode.create,
			folder,
			Buffer.concat([request, text(path.slice(at + 1))]),
			12,
		);
		const handle = created.readBigUInt64LE(128);
		const bytes = Buffer.from(content);
		const header = handleRequest(handle, 40);
		header.writeUInt32LE(bytes.length, 16);
		await this.must(opcode.write, Number(created.readBigUInt64LE(0)), Buffer.concat([header, bytes]));
		await this.must(opcode.release, Number(created.readBigUInt64LE(0)), handleRequest(handle, 24));
	}

	async names(path: string): Promise<string[]> {
		const node = await this.walk(path);
		const handle = (await this.must(opcode.opendir, node, Buffer.alloc(8))).readBigUInt64LE(0);
		const request = handleRequest(handle, 40);
		request.writeUInt32LE(65_536, 16);
		const listing = await this.must(opcode.readdir, node, request);
		const names: string[] = [];
		for (let at = 0; at < listing.length; ) {
			const length = listing.readUInt32LE(at + 16);
			names.push(listing.subarray(at + 24, at + 24 + length).toString());
			at += (24 + length + 7) & ~7;
		}
		return names.filter((name) => name !== "." && name !== "..").sort();
	}

	#take(bytes: Buffer): void {
		this.#received = Buffer.concat([this.#received, bytes]);
		while (this.#received.length >= 16) {
			const length = this.#received.readUInt32LE(0);
			if (this.#received.length < length) return;
			const unique = this.#received.readBigUInt64LE(8);
			const answer = { error: this.#received.readInt32LE(4), body: this.#received.subarray(16, length) };
			this.#received = this.#received.subarray(length);
			this.#waiting.get(unique)?.(answer);
			this.#waiting.delete(unique);
		}
	}
}

export function text(...parts: string[]): Buffer {
	return Buffer.from(parts.map((part) => `${part}\0`).join(""));
}

export function handleRequest(handle: bigint, size: number): Buffer {
	const request = Buffer.alloc(size);
	request.writeBigUInt64LE(handle, 0);
	return request;
}
