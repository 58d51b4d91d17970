import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type {
	Archive,
	ExtractLimits,
	PlacementMatch,
	PlacementSource,
	TreeEntry,
} from "../../../archive/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { fromByteString, toByteString } from "../../../sys/index.ts";
import type { BuildContexts } from "../../contexts/contexts.ts";
import { baseOf, belowOf } from "../../contexts/find-matches.ts";
import { parseGitAddress } from "../../contexts/git-address.ts";
import { cleanPath } from "../../contexts/ignore.ts";
import type { BuildContext, ContextMatch, CopyWork } from "../../contract.ts";
import { digestOfText, fileEntry } from "./file-entry.ts";
import type { ModeChange } from "./mode-change.ts";
import { parentEntries } from "./parents.ts";
import type { CopyPart } from "./part.ts";

export interface Gathering {
	readonly archive: Archive;
	readonly contexts: BuildContexts;
	readonly limits: ExtractLimits;
	/** Makes a folder of the step's own. */
	folder(): Promise<string>;
	/** Disposes of it with the step. */
	keep<T extends AsyncDisposable>(resource: T): T;
	readonly changeMode: ModeChange | undefined;
	readonly signal: AbortSignal;
}

/** Finds and fetches the sources of a COPY or ADD, in their order, the here-documents last. */
export async function gatherParts(
	{ operation, source }: CopyWork,
	gathering: Gathering,
): Promise<readonly CopyPart[]> {
	const { options, sources, documents, target } = operation;
	const parts: CopyPart[] = [];
	for (const text of sources) {
		if (isAddress(text)) {
			if (!options.isAdd) throw new EngineError("invalid_argument", "source can't be a URL for COPY");
			parts.push(await gatherAddress({ operation, source }, text, gathering));
		} else parts.push(...(await gatherLocal({ operation, source }, text, gathering)));
	}
	if (documents.length > 0) parts.push(await gatherDocuments(documents, gathering));
	const count = parts.reduce((sum, part) => sum + (part.kind === "files" ? part.matches.length : 1), 0);
	const name = options.isAdd ? "ADD" : "COPY";
	if (count === 0)
		throw new EngineError("invalid_argument", `${name} failed: no source files were specified`);
	if (count > 1 && !target.endsWith("/"))
		throw new EngineError(
			"invalid_argument",
			`When using ${name} with more than one source file, the destination must be a directory and end with a /`,
		);
	return parts;
}

export function isAddress(text: string): boolean {
	return /^https?:\/\//i.test(text) || parseGitAddress(text) !== undefined;
}

async function gatherLocal(
	{ operation, source }: CopyWork,
	pattern: string,
	{ changeMode }: Gathering,
): Promise<readonly CopyPart[]> {
	const { options, from } = operation;
	const [pivot, rest] = options.parents ? atPivot(pattern) : ["", pattern];
	const matches = await source.find([rest], { excludes: options.excludes, deep: options.parents });
	const missing = matches.find(({ entries }) => entries.length === 0);
	if (missing !== undefined) {
		const where =
			from.kind === "context" ? "file not found in build context or excluded by .dockerignore: " : "";
		const shown = fromByteString(missing.path);
		const text = `${options.isAdd ? "ADD" : "COPY"} failed: ${where}stat ${shown}: file does not exist`;
		throw new EngineError("not_found", text);
	}
	const parts: CopyPart[] = [];
	for (const match of matches) {
		const placed = options.parents
			? await withParents(match, pivot, { source, changeMode })
			: placementOf(match, changeMode);
		const [file] = match.entries;
		const mayUnpack = options.isAdd && options.unpack !== false && file!.kind === "file" && !options.parents;
		if (mayUnpack) parts.push({ kind: "archive", source: source.source, match: placed, file: file! });
		else parts.push({ kind: "files", source: source.source, matches: [placed] });
	}
	return parts;
}

/** `a/./b/c`: what stands before the pivot is not made in the target. */
function atPivot(pattern: string): readonly [string, string] {
	const at = pattern.startsWith("./") ? -1 : pattern.indexOf("/./");
	return at < 0 ? ["", pattern] : [cleanPath(pattern.slice(0, at)), pattern];
}

function placementOf({ path, entries }: ContextMatch, changeMode: ModeChange | undefined): PlacementMatch {
	const [root] = entries;
	if (root!.kind !== "folder")
		return { name: baseOf(path), isFolder: false, entries: [{ to: "", entry: changed(root!, changeMode) }] };
	return {
		name: "",
		isFolder: true,
		entries: entries
			.slice(1)
			.map((entry) => ({ to: belowOf(entry.path, root!.path), entry: changed(entry, changeMode) })),
	};
}

/** `--parents`: the folders above a match are made in the target, as they are in the source. */
async function withParents(
	match: ContextMatch,
	pivot: string,
	{ source, changeMode }: { readonly source: BuildContext; readonly changeMode: ModeChange | undefined },
): Promise<PlacementMatch> {
	const start = toByteString(pivot);
	const isBelowPivot = start === "" || match.path === start || match.path.startsWith(`${start}/`);
	const path = isBelowPivot ? belowOf(match.path, start) : match.path;
	const [root] = match.entries;
	const above = await parentEntries(source, path, start);
	const placed = match.entries.map((entry) => {
		const below = belowOf(entry.path, root!.path);
		return { to: entry === root ? path : path === "" ? below : `${path}/${below}`, entry };
	});
	const all = [...above, ...placed].filter(({ to }) => to !== "");
	return {
		name: "",
		isFolder: true,
		entries: all.map(({ to, entry }) => ({ to, entry: changed(entry, changeMode) })),
	};
}

/** Links have no permissions of their own. */
function changed(entry: TreeEntry, changeMode: ModeChange | undefined): TreeEntry {
	if (changeMode === undefined || entry.kind === "link") return entry;
	return { ...entry, mode: changeMode(entry.mode, entry.kind === "folder") };
}

async function gatherAddress(work: CopyWork, address: string, gathering: Gathering): Promise<CopyPart> {
	const { options, target } = work.operation;
	const { contexts, limits, signal, changeMode } = gathering;
	const repository = parseGitAddress(address);
	if (repository !== undefined) {
		if (options.checksum !== "")
			throw new EngineError("invalid_argument", "checksum is not for repositories");
		const how = { dockerfile: "", keepGitDir: options.keepGitDir, signal };
		const context = gathering.keep(await contexts.fromRepository(repository, how));
		const [match] = await context.find([""], { excludes: options.excludes, deep: false });
		return { kind: "files", source: context.source, matches: [placementOf(match!, changeMode)] };
	}
	const path = join(await gathering.folder(), "download");
	const fetched = await contexts.downloads.fetch(address, path, { maxBytes: limits.maxBytes, signal });
	checkDigest(address, options.checksum, fetched.digest);
	const name = toByteString(fetched.name);
	if (name === "" && target.endsWith("/"))
		throw new EngineError("invalid_argument", `cannot determine filename for source: ${address}`);
	const seconds = Math.floor((fetched.modified ?? new Date()).getTime() / 1000);
	const { digest, sizeBytes } = fetched;
	const file = fileEntry({ digest, sizeBytes, seconds, mode: 0o600, offset: 0 });
	const source: PlacementSource = { kind: "bundle", path };
	const match = { name, isFolder: false, entries: [{ to: "", entry: changed(file, changeMode) }] };
	if (options.unpack === true) return { kind: "archive", source, match, file };
	return { kind: "files", source, matches: [match] };
}

function checkDigest(address: string, checksum: string, digest: string): void {
	if (checksum === "") return;
	if (!/^sha256:[0-9a-f]{64}$/.test(checksum))
		throw new EngineError("invalid_argument", `checksum ${JSON.stringify(checksum)} is no sha256 digest`);
	if (checksum !== `sha256:${digest}`)
		throw new EngineError(
			"corrupt",
			`digest mismatch for ${address}: sha256:${digest}, expected ${checksum}`,
		);
}

async function gatherDocuments(
	documents: CopyWork["operation"]["documents"],
	{ folder, changeMode }: Gathering,
): Promise<CopyPart> {
	const path = join(await folder(), "documents");
	const contents = documents.map(({ content }) => Buffer.from(content, "utf8"));
	await writeFile(path, Buffer.concat(contents), { mode: 0o600 });
	const seconds = Math.floor(Date.now() / 1000);
	let offset = 0;
	const matches = documents.map(({ name }, index) => {
		const bytes = contents[index]!;
		const given = { digest: digestOfText(bytes), sizeBytes: bytes.length, seconds, mode: 0o644, offset };
		offset += bytes.length;
		const entry = changed(fileEntry(given), changeMode);
		return { name: toByteString(baseOf(name)), isFolder: false, entries: [{ to: "", entry }] };
	});
	return { kind: "files", source: { kind: "bundle", path }, matches };
}
