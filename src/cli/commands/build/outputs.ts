import { mkdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import type { HullBuildEvent, HullBuildRequest } from "../../../client/index.ts";
import { readTar, writeTar } from "../../../lib/index.ts";
import { CommandFailure } from "../../failure.ts";
import { assertSavable, saveStream } from "../../streams/save-stream.ts";
import { extractTo } from "../container/copy/extract.ts";
import { parseFields } from "./fields.ts";

/** Where a build's result goes: what the engine is asked for, and what is done with what it sends. */
export interface Outputs {
	readonly exports: NonNullable<HullBuildRequest["Exports"]>;
	/** Takes an event of an export. Waits when the disk is slower than the engine. */
	take(event: HullBuildEvent & { readonly kind: "export" }): Promise<void>;
	/** Resolves when all is written. */
	done(): Promise<void>;
}

interface Place {
	readonly type: string;
	/** Empty: stdout. */
	readonly dest: string;
	readonly names: readonly string[];
	readonly push: boolean;
}

export interface OutputOptions {
	readonly outputs: readonly string[];
	readonly tags: readonly string[];
	readonly push: boolean;
	readonly load: boolean;
}

/** Without one the image goes to the store. Errors: CommandFailure for an output that is not known. */
export async function buildOutputs(options: OutputOptions): Promise<Outputs> {
	const places = options.outputs.map((text) => parseOutput(text, options.tags));
	if (options.push && !places.some(({ push }) => push))
		places.push({ type: "image", dest: "", names: options.tags, push: true });
	if (places.length === 0 || (options.load && !places.some(({ type }) => type === "image")))
		places.push({ type: "image", dest: "", names: options.tags, push: false });
	if (places.some(({ push, names }) => push && names.length === 0))
		throw new CommandFailure("tag is needed when pushing to registry");
	if (places.filter(({ type, dest }) => type !== "image" && dest === "").length > 1)
		throw new CommandFailure("only one output can go to stdout");
	for (const { type, dest } of places)
		if (type !== "image" && type !== "local") await assertSavable(dest === "" ? undefined : dest);
	const sinks = new Map(
		places.flatMap((place, index): [number, Sink][] =>
			place.type === "image" ? [] : [[index, openSink(place)]],
		),
	);
	return {
		exports: places.map(({ type, names, push }) => ({ Type: type, Names: [...names], Push: push })),
		async take({ index, data }) {
			const sink = sinks.get(index);
			if (sink === undefined) return;
			if (data === undefined) sink.stream.end();
			else if (!sink.stream.write(Buffer.from(data, "base64"))) await drained(sink);
		},
		async done() {
			for (const { work } of sinks.values()) await work;
		},
	};
}

interface Sink {
	readonly stream: PassThrough;
	readonly work: Promise<void>;
}

function openSink({ type, dest }: Place): Sink {
	const stream = new PassThrough({ highWaterMark: 4 * 1024 * 1024 });
	const work =
		type === "local"
			? extractLocal(dest, stream)
			: saveStream(stream, { path: dest === "" ? undefined : dest, what: "the build's result" });
	// Told by `done`; until then a write that nobody takes fails by itself.
	work.catch((error) => stream.destroy(error));
	return { stream, work };
}

async function drained({ stream, work }: Sink): Promise<void> {
	const room = new Promise<void>((resolve) => stream.once("drain", resolve));
	await Promise.race([room, work]);
}

async function extractLocal(dest: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
	mkdirSync(dest, { recursive: true });
	await extractTo(dest, belowRoot(tar), { keepOwners: false, count: { bytes: 0 } });
}

/** Gives every name a root: what unpacks takes the first part of a name for it. */
function belowRoot(tar: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
	async function* items() {
		for await (const { entry, content } of readTar(tar)) {
			const linkName = entry.type === "hardlink" ? `root/${entry.linkName}` : entry.linkName;
			yield { entry: { ...entry, name: `root/${entry.name}`, linkName }, content };
		}
	}
	return writeTar(items());
}

function parseOutput(text: string, tags: readonly string[]): Place {
	if (!text.includes("=")) {
		if (text === "-") return { type: "tar", dest: "", names: [], push: false };
		return { type: "local", dest: resolve(text), names: [], push: false };
	}
	const fields = parseFields(text);
	const { type = "", dest = "", name, push } = fields;
	const odd = Object.keys(fields).find((key) => !["type", "dest", "name", "push"].includes(key));
	if (odd !== undefined) throw new CommandFailure(`--output ${text}: ${odd} is not supported`);
	const names = name === undefined ? tags : name.split(",");
	switch (type) {
		case "image":
			return { type, dest: "", names, push: push === "true" || push === "1" };
		case "registry":
			return { type: "image", dest: "", names, push: true };
		case "local":
			if (dest === "") throw new CommandFailure("dest is required for local output");
			return { type, dest: absolute(dest), names: [], push: false };
		case "tar":
		case "oci":
		case "docker":
			// Docker without a place is the store.
			if (type === "docker" && dest === "") return { type: "image", dest, names, push: false };
			return { type, dest: dest === "-" || dest === "" ? "" : absolute(dest), names, push: false };
		default:
			throw new CommandFailure(`--output ${text}: type is one of image, registry, local, tar, oci, docker`);
	}
}

function absolute(path: string): string {
	return isAbsolute(path) ? path : join(process.cwd(), path);
}
