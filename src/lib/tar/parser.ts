import { EngineError } from "../errors.ts";
import { BLOCK_SIZE, type TarEntry, type TarExtent, tarText } from "./entry.ts";
import { type ResolvedHeader, resolveHeader } from "./extended.ts";
import { isZeroBlock, parseHeader, type RawHeader } from "./header.ts";
import { parseNumber } from "./number.ts";
import { type PaxRecord, parsePaxRecords } from "./pax.ts";
import { checkExtents, parseOldExtents, SparseMapReader } from "./sparse.ts";

export type TarEvent =
	| { readonly kind: "entry"; readonly entry: TarEntry }
	/** Content of the entry before, at this offset of the file; holes are left out. Valid until the next `feed`. */
	| { readonly kind: "data"; readonly offset: number; readonly bytes: Buffer }
	/** The entry is complete. */
	| { readonly kind: "end"; readonly entry: TarEntry };

/** A pax header, long name or long link larger than this is refused. */
const MAX_META_BYTES = 1 << 20;

type State =
	| { readonly at: "header" }
	| { readonly at: "meta"; readonly flag: string; readonly buffer: Buffer; filled: number }
	| { readonly at: "skip"; left: number }
	| {
			readonly at: "old-sparse";
			readonly raw: RawHeader;
			readonly extents: TarExtent[];
			readonly size: number;
	  }
	| {
			readonly at: "sparse-map";
			readonly header: ResolvedHeader;
			readonly map: SparseMapReader;
			blocks: number;
	  }
	| { readonly at: "data"; readonly entry: TarEntry; readonly padding: number; extent: number; done: number }
	| { readonly at: "finished" };

const inHeader: State = { at: "header" };

/**
 * Reads a tar stream synchronously, piece by piece: `feed` a chunk, take events from `next` until it gives undefined,
 * feed the next; `finish` at the end of the input. Anything wrong is an EngineError `corrupt` with the entry's name.
 * What follows the end-of-archive mark is ignored.
 */
export class TarParser {
	#chunk: Buffer = Buffer.alloc(0);
	#position = 0;
	readonly #partial = Buffer.alloc(BLOCK_SIZE);
	#partialLength = 0;
	#state: State = inHeader;
	#lastName = "";
	#zeroBlocks = 0;
	#global: PaxRecord[] = [];
	#local: PaxRecord[] = [];
	#longName: string | undefined;
	#longLink: string | undefined;

	feed(chunk: Uint8Array): void {
		if (this.#position < this.#chunk.length && this.#state.at !== "finished")
			throw new Error("fed before the last chunk was read");
		this.#chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
		this.#position = 0;
	}

	next(): TarEvent | undefined {
		for (;;) {
			const state = this.#state;
			if (state.at === "finished") return undefined;
			if (state.at === "data") {
				const event = this.#data(state);
				if (event !== undefined || this.#state === state) return event;
				continue;
			}
			if (state.at === "skip") {
				if (!this.#skip(state)) return undefined;
				continue;
			}
			if (state.at === "meta") {
				if (!this.#meta(state)) return undefined;
				continue;
			}
			const block = this.#block();
			if (block === undefined) return undefined;
			const event = this.#blockEvent(state, block);
			if (event !== undefined) return event;
		}
	}

	/** The input has ended: fails when that is in the middle of something. */
	finish(): void {
		if (this.#state.at === "finished") return;
		const pending = this.#local.length > 0 || this.#longName !== undefined || this.#longLink !== undefined;
		if (this.#state.at !== "header" || this.#partialLength > 0 || pending)
			this.#fail("unexpected end of archive");
	}

	/** True once the end-of-archive mark was read. */
	get finished(): boolean {
		return this.#state.at === "finished";
	}

	#blockEvent(
		state: Extract<State, { at: "header" | "old-sparse" | "sparse-map" }>,
		block: Buffer,
	): TarEvent | undefined {
		switch (state.at) {
			case "header":
				return this.#header(block);
			case "old-sparse":
				return this.#oldSparse(state, block);
			case "sparse-map":
				return this.#sparseMap(state, block);
			default:
				state satisfies never;
		}
	}

	#header(block: Buffer): TarEvent | undefined {
		if (isZeroBlock(block)) {
			if (++this.#zeroBlocks === 2) this.#state = { at: "finished" };
			return undefined;
		}
		if (this.#zeroBlocks > 0) this.#fail("data after an end-of-archive block");
		const raw = parseHeader(block, (reason, name) => this.#fail(reason, name));
		if (raw.typeFlag === "x" || raw.typeFlag === "X" || raw.typeFlag === "g") return this.#startMeta(raw);
		if (raw.typeFlag === "L" || raw.typeFlag === "K") return this.#startMeta(raw);
		if (raw.typeFlag === "V") {
			this.#state = skipping(padded(raw.size));
			return undefined;
		}
		if (raw.typeFlag !== "S") return this.#begin(this.#resolve(raw));
		const fail = (reason: string) => this.#fail(reason, raw.name);
		const size = parseNumber(block, 483, 12);
		if (size === undefined || size < 0) fail("bad size of a sparse file");
		const extents = parseOldExtents(block, { offset: 386, count: 4 }, fail);
		if (block[482] === 0) return this.#beginSparse(raw, extents, size as number);
		this.#state = { at: "old-sparse", raw, extents, size: size as number };
		return undefined;
	}

	#startMeta(raw: RawHeader): undefined {
		if (raw.size > MAX_META_BYTES) this.#fail(`extended header of ${raw.size} bytes`, raw.name);
		this.#state = { at: "meta", flag: raw.typeFlag, buffer: Buffer.alloc(padded(raw.size)), filled: 0 };
		this.#metaSize = raw.size;
	}
	#metaSize = 0;

	#meta(state: Extract<State, { at: "meta" }>): boolean {
		const available = Math.min(this.#chunk.length - this.#position, state.buffer.length - state.filled);
		this.#chunk.copy(state.buffer, state.filled, this.#position, this.#position + available);
		this.#position += available;
		state.filled += available;
		if (state.filled < state.buffer.length) return false;
		this.#applyMeta(state.flag, state.buffer.subarray(0, this.#metaSize));
		this.#state = inHeader;
		return true;
	}

	#applyMeta(flag: string, bytes: Buffer): void {
		if (flag === "L") this.#longName = untilNul(bytes);
		else if (flag === "K") this.#longLink = untilNul(bytes);
		else {
			const records = parsePaxRecords(bytes, (reason) => this.#fail(reason));
			if (flag !== "g") this.#local = records;
			else
				this.#global = mergeGlobal(this.#global, records, () => this.#fail("global pax headers too large"));
		}
	}

	#resolve(raw: RawHeader): ResolvedHeader {
		const records = this.#global.length === 0 ? this.#local : [...this.#global, ...this.#local];
		const extensions = { records, longName: this.#longName, longLink: this.#longLink };
		const header = resolveHeader(raw, extensions, (reason, name) => this.#fail(reason, name));
		this.#local = [];
		this.#longName = undefined;
		this.#longLink = undefined;
		this.#lastName = header.entry.name;
		return header;
	}

	#beginSparse(raw: RawHeader, extents: TarExtent[], size: number): TarEvent | undefined {
		const header = this.#resolve(raw);
		return this.#begin({ ...header, sparse: "listed", entry: { ...header.entry, size, extents } });
	}

	#oldSparse(state: Extract<State, { at: "old-sparse" }>, block: Buffer): TarEvent | undefined {
		const fail = (reason: string) => this.#fail(reason, state.raw.name);
		state.extents.push(...parseOldExtents(block, { offset: 0, count: 21 }, fail));
		if (state.extents.length > 100_000) fail("too many pieces in sparse map");
		if (block[504] !== 0) return undefined;
		return this.#beginSparse(state.raw, state.extents, state.size);
	}

	#sparseMap(state: Extract<State, { at: "sparse-map" }>, block: Buffer): TarEvent | undefined {
		state.blocks++;
		const { header } = state;
		if (state.blocks * BLOCK_SIZE > header.storedBytes) this.#fail("sparse map longer than its file");
		const extents = state.map.push(block, (reason) => this.#fail(reason));
		if (extents === undefined) return undefined;
		const storedBytes = header.storedBytes - state.blocks * BLOCK_SIZE;
		return this.#begin({ entry: { ...header.entry, extents }, storedBytes, sparse: "listed" });
	}

	#begin(header: ResolvedHeader): TarEvent | undefined {
		if (header.sparse === "in-data") {
			this.#state = { at: "sparse-map", header, map: new SparseMapReader(), blocks: 0 };
			return undefined;
		}
		const { storedBytes } = header;
		let { entry } = header;
		if (entry.extents !== undefined) {
			const bounds = { size: entry.size, stored: storedBytes };
			entry = { ...entry, extents: checkExtents(entry.extents, bounds, (reason) => this.#fail(reason)) };
		}
		this.#state = { at: "data", entry, padding: padded(storedBytes) - storedBytes, extent: 0, done: 0 };
		return { kind: "entry", entry };
	}

	#data(state: Extract<State, { at: "data" }>): TarEvent | undefined {
		const { entry } = state;
		const extent =
			entry.extents === undefined
				? state.extent === 0 && entry.size > 0
					? { offset: 0, length: entry.size }
					: undefined
				: entry.extents[state.extent];
		if (extent === undefined) {
			this.#state = state.padding === 0 ? inHeader : skipping(state.padding);
			return { kind: "end", entry };
		}
		const length = Math.min(this.#chunk.length - this.#position, extent.length - state.done);
		if (length === 0) return undefined;
		const bytes = this.#chunk.subarray(this.#position, this.#position + length);
		const offset = extent.offset + state.done;
		this.#position += length;
		state.done += length;
		if (state.done === extent.length) {
			state.extent++;
			state.done = 0;
		}
		return { kind: "data", offset, bytes };
	}

	#skip(state: Extract<State, { at: "skip" }>): boolean {
		const length = Math.min(this.#chunk.length - this.#position, state.left);
		this.#position += length;
		state.left -= length;
		if (state.left > 0) return false;
		this.#state = inHeader;
		return true;
	}

	/** One whole block out of the chunks, or undefined when more input is needed. */
	#block(): Buffer | undefined {
		const available = this.#chunk.length - this.#position;
		if (this.#partialLength === 0 && available >= BLOCK_SIZE) {
			const block = this.#chunk.subarray(this.#position, this.#position + BLOCK_SIZE);
			this.#position += BLOCK_SIZE;
			return block;
		}
		const length = Math.min(available, BLOCK_SIZE - this.#partialLength);
		this.#chunk.copy(this.#partial, this.#partialLength, this.#position, this.#position + length);
		this.#position += length;
		this.#partialLength += length;
		if (this.#partialLength < BLOCK_SIZE) return undefined;
		this.#partialLength = 0;
		return this.#partial;
	}

	#fail(reason: string, name = this.#lastName): never {
		const where = name === "" ? "at the first entry" : `at entry ${JSON.stringify(tarText(name))}`;
		throw new EngineError("corrupt", `bad archive ${where}: ${reason}`);
	}
}

function padded(size: number): number {
	return Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE;
}

function skipping(left: number): State {
	return left === 0 ? inHeader : { at: "skip", left };
}

function untilNul(bytes: Buffer): string {
	const end = bytes.indexOf(0);
	return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}

/** Later global records replace earlier ones of the same key. */
function mergeGlobal(
	before: readonly PaxRecord[],
	added: readonly PaxRecord[],
	fail: () => never,
): PaxRecord[] {
	const merged = new Map([...before, ...added].map((record) => [record.key, record]));
	let total = 0;
	for (const { key, value } of merged.values()) total += key.length + value.length;
	if (total > MAX_META_BYTES) fail();
	return [...merged.values()];
}
