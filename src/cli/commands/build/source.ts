import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type ContextNeeds, contextNeeds, parseIgnoreFile } from "../../../builder/needs.ts";
import { type Engine, type HullBuildRequest, imageInspect } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { readInput } from "../../streams/input.ts";
import { inputIsTerminal } from "../../streams/session.ts";
import { packContext } from "./pack-context.ts";

/** Where a build reads from: the part of the request that says it, and the tars that go with it. */
export interface BuildSource {
	readonly dockerfile: HullBuildRequest["Dockerfile"];
	/** Text of `.dockerignore`. */
	readonly ignore: string | undefined;
	readonly contexts: HullBuildRequest["Contexts"];
	readonly uploads: AsyncIterable<Uint8Array>[];
	/** Of the instructions; `undefined` when the Dockerfile is not here or cannot be read. */
	readonly needs: ContextNeeds | undefined;
	/** What was sent so far. */
	readonly count: { bytes: number; files: number };
}

export interface SourceOptions {
	readonly engine: Engine;
	/** `PATH`, `URL` or `-`. */
	readonly place: string;
	/** `--file`. */
	readonly file: string | undefined;
	readonly target: string;
	readonly buildArgs: ReadonlyMap<string, string | undefined>;
	/** `--build-context`. */
	readonly named: readonly (readonly [name: string, place: string])[];
	readonly pull: boolean;
}

const remote = /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//;

/** Errors: CommandFailure for what is not there. */
export async function findSource(options: SourceOptions): Promise<BuildSource> {
	const count = { bytes: 0, files: 0 };
	const main = await mainContext(options, count);
	const named = options.named.map(([name, place]) => namedContext(name, place, count));
	return {
		...main,
		contexts: [...main.contexts, ...named.map(({ context }) => context)],
		uploads: [...main.uploads, ...named.flatMap(({ upload }) => upload ?? [])],
		count,
	};
}

type Main = Omit<BuildSource, "count">;

async function mainContext(options: SourceOptions, count: BuildSource["count"]): Promise<Main> {
	const { place, file } = options;
	const given = file === "-" ? await textOfInput() : undefined;
	if (place === "-") {
		if (given !== undefined)
			throw new CommandFailure("invalid argument: can't use stdin for both build context and dockerfile");
		return contextOfInput(options, file);
	}
	if (remote.test(place)) return remoteContext(options, given);
	if (!statSync(place, { throwIfNoEntry: false })?.isDirectory())
		throw new CommandFailure(`unable to prepare context: path ${JSON.stringify(place)} not found`);
	const path = given === undefined ? findDockerfile(place, file) : undefined;
	const text = given ?? readFileSync(path!, "utf8");
	const ignore = ignoreFile(place, path);
	const needs = tryNeeds(text, options);
	const paths = await neededPaths(place, needs, options);
	const name = path === undefined ? "Dockerfile" : shownName(place, path);
	// A Dockerfile that cannot be read needs nothing else to say so.
	if (needs === undefined || paths.length === 0)
		return { dockerfile: { Name: name, Text: text }, ignore, contexts: [empty], uploads: [], needs };
	const rules = ignore === undefined ? undefined : parseIgnoreFile(ignore);
	return {
		dockerfile: { Name: name, Text: text },
		ignore,
		contexts: [{ Name: "", Kind: "upload" }],
		uploads: [packContext(place, { ignore: rules, paths, count })],
		needs,
	};
}

const empty = { Name: "", Kind: "empty" };

/** A tar, or a Dockerfile without a context: as docker, by its first bytes. */
async function contextOfInput(options: SourceOptions, file: string | undefined): Promise<Main> {
	if (await inputIsTerminal()) throw new CommandFailure("unable to prepare context: stdin is a terminal");
	const input = readInput();
	const head: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of untilEnough(input)) {
		head.push(chunk);
		length += chunk.length;
		if (length >= 512) break;
	}
	const first = Buffer.concat(head);
	if (isArchive(first)) {
		const uploads = [chained(first, input)];
		const name = file ?? "Dockerfile";
		return {
			dockerfile: { Name: name },
			ignore: undefined,
			contexts: [{ Name: "", Kind: "upload" }],
			uploads,
			needs: undefined,
		};
	}
	const rest: Uint8Array[] = [first];
	for await (const chunk of input) rest.push(chunk);
	const text = Buffer.concat(rest).toString("utf8");
	const needs = tryNeeds(text, options);
	return {
		dockerfile: { Name: "Dockerfile", Text: text },
		ignore: undefined,
		contexts: [empty],
		uploads: [],
		needs,
	};
}

/** Leaves the generator open: its rest is read later. */
function untilEnough(input: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
	return { [Symbol.asyncIterator]: () => ({ next: () => input.next() }) };
}

async function* chained(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	yield first;
	yield* rest;
}

function isArchive(bytes: Buffer): boolean {
	const starts = [
		[0x1f, 0x8b],
		[0x42, 0x5a, 0x68],
		[0xfd, 0x37, 0x7a, 0x58, 0x5a],
		[0x28, 0xb5, 0x2f, 0xfd],
	];
	if (starts.some((magic) => magic.every((byte, index) => bytes[index] === byte))) return true;
	return bytes.length >= 512 && bytes.toString("latin1", 257, 262) === "ustar";
}

function remoteContext(options: SourceOptions, text: string | undefined): Main {
	const { place, file } = options;
	const dockerfile = text === undefined ? { Name: file ?? "Dockerfile" } : { Name: "Dockerfile", Text: text };
	return {
		dockerfile,
		ignore: undefined,
		contexts: [{ Name: "", Kind: "remote", Address: place }],
		uploads: [],
		needs: text === undefined ? undefined : tryNeeds(text, options),
	};
}

async function textOfInput(): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of readInput()) chunks.push(chunk);
	return Buffer.concat(chunks).toString("utf8");
}

/** `--file` is relative to where the user is; without one the folder has it. */
function findDockerfile(folder: string, file: string | undefined): string {
	const names = file === undefined ? ["Dockerfile", "dockerfile", "Containerfile"] : [file];
	const places =
		file === undefined ? names.map((name) => join(folder, name)) : [resolve(file), join(folder, file)];
	const found = places.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
	if (found !== undefined) return found;
	throw new CommandFailure(
		`failed to read dockerfile: open ${file ?? join(folder, "Dockerfile")}: no such file or directory`,
	);
}

function shownName(folder: string, path: string): string {
	const inside = relative(resolve(folder), resolve(path));
	return inside.startsWith("..") || isAbsolute(inside) ? basename(path) : inside;
}

/** The Dockerfile's own goes before the folder's. */
function ignoreFile(folder: string, dockerfile: string | undefined): string | undefined {
	const own =
		dockerfile === undefined ? undefined : join(dirname(dockerfile), `${basename(dockerfile)}.dockerignore`);
	const found = [own, join(folder, ".dockerignore")].find((path) => path !== undefined && existsSync(path));
	return found === undefined ? undefined : readFileSync(found, "utf8");
}

function tryNeeds(text: string, options: SourceOptions): ContextNeeds | undefined {
	try {
		return contextNeeds(text, options);
	} catch {
		return undefined;
	}
}

/** All, where what is needed cannot be told from here: triggers of base images, links that lead elsewhere. */
async function neededPaths(
	folder: string,
	needs: ContextNeeds | undefined,
	options: SourceOptions,
): Promise<readonly string[]> {
	if (needs === undefined) return [];
	if (needs.paths.includes("") || needs.paths.some((path) => hasLinks(folder, path))) return [""];
	for (const base of needs.bases) if (await mayHaveTriggers(base, options)) return [""];
	return needs.paths;
}

function hasLinks(folder: string, path: string): boolean {
	let at = folder;
	for (const part of path.split("/")) {
		at = join(at, part);
		if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
	}
	return false;
}

/** ONBUILD copies what it likes. An image that is not there yet is not known. */
async function mayHaveTriggers(base: string, { engine, pull, named }: SourceOptions): Promise<boolean> {
	if (pull || base.includes("$") || named.some(([name]) => name === base)) return true;
	try {
		const { Config } = await imageInspect(engine, base);
		return (Config?.OnBuild ?? []).length > 0;
	} catch (error) {
		if ((error as { status?: unknown }).status === 404) return true;
		throw error;
	}
}

function namedContext(
	name: string,
	place: string,
	count: BuildSource["count"],
): { context: HullBuildRequest["Contexts"][number]; upload?: AsyncIterable<Uint8Array> } {
	const image = /^docker-image:\/\/(.+)$/.exec(place)?.[1];
	if (image !== undefined) return { context: { Name: name, Kind: "image", Address: image } };
	if (remote.test(place)) return { context: { Name: name, Kind: "remote", Address: place } };
	if (/^(?:target|oci-layout):/.test(place))
		throw new CommandFailure(`--build-context ${name}=${place}: contexts of this kind are not supported`);
	if (!statSync(place, { throwIfNoEntry: false })?.isDirectory())
		throw new CommandFailure(`failed to get build context ${name}: stat ${place}: no such file or directory`);
	const text = ignoreFile(place, undefined);
	const ignore = text === undefined ? undefined : parseIgnoreFile(text);
	return {
		context: { Name: name, Kind: "upload" },
		upload: packContext(place, { ignore, paths: [""], count }),
	};
}
