import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Archive, type ArchiveRoot, createArchive } from "../../../src/archive/index.ts";
import { type BuildContexts, createContexts } from "../../../src/builder/contexts/contexts.ts";
import type { BuildContext, Copier } from "../../../src/builder/contract.ts";
import { parseDockerfile } from "../../../src/builder/dockerfile/parse.ts";
import type { CopyOperation } from "../../../src/builder/graph/graph.ts";
import { planGraph } from "../../../src/builder/graph/plan.ts";
import { createCopier } from "../../../src/builder/steps/copy/copier.ts";
import { createLogger, readTar } from "../../../src/lib/index.ts";

/** A folder with the parts that copy files into builds. */
export interface CopyWorkshop extends Disposable {
	readonly path: string;
	readonly archive: Archive;
	readonly contexts: BuildContexts;
	readonly copier: Copier;
	/** Runs a shell script in the workshop, or in a folder of it that is made. */
	run(script: string, folder?: string): string;
	/** An upload of a folder. */
	upload(folder: string, dockerfile?: string): Promise<BuildContext>;
	/** Names that steps have left behind. */
	leftovers(): string[];
}

export const forever = new AbortController().signal;

export function openCopyWorkshop(): CopyWorkshop {
	const path = mkdtempSync(join(tmpdir(), "hull-copy-"));
	const archive = createArchive({
		log: createLogger("info", () => {}),
		mountPoint: join(path, "mount-point"),
	});
	const root = join(path, "builder");
	const contexts = createContexts({ root, archive });
	const run: CopyWorkshop["run"] = (script, folder = ".") => {
		mkdirSync(join(path, folder), { recursive: true });
		const cwd = join(path, folder);
		const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
		return execFileSync("bash", ["-ec", script], { cwd, stdio, encoding: "utf8" });
	};
	return {
		path,
		archive,
		contexts,
		copier: createCopier({ root, archive, contexts }),
		run,
		upload: (folder, dockerfile = "Dockerfile") =>
			contexts.fromTar(chunksOf(tarOf(join(path, folder))), { dockerfile, signal: forever }),
		leftovers: () => namesIn(join(root, "contexts")),
		[Symbol.dispose]: () => rmSync(path, { recursive: true }),
	};
}

/** A folder as clients upload it. */
export function tarOf(folder: string, ...options: string[]): Buffer {
	return execFileSync("tar", ["-c", ...options, "-C", folder, "."], { maxBuffer: 1 << 30 });
}

export async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536);
}

/** What an instruction of a Dockerfile comes to. */
export async function planCopy(instruction: string): Promise<CopyOperation> {
	const dockerfile = parseDockerfile(`FROM scratch\n${instruction}\n`);
	const { steps } = await planGraph(dockerfile, {
		...{ target: "", platform: { os: "linux", architecture: "amd64" }, buildArgs: new Map(), labels: {} },
		...{ noCache: false, network: "default", contexts: new Set(["other"]), images: new Map() },
		resolve: () => Promise.reject(new Error("no images")),
	});
	const copy = steps.map(({ operation }) => operation).find(({ kind }) => kind === "copy");
	return copy as CopyOperation;
}

/** The key of an instruction. */
export async function keyOf(
	workshop: CopyWorkshop,
	source: BuildContext,
	instruction: string,
): Promise<string> {
	await using prepared = await workshop.copier.prepareCopy(
		{ operation: await planCopy(instruction), source },
		forever,
	);
	return prepared.digest;
}

/** Has an instruction done in a tree. */
export async function copyInto(
	workshop: CopyWorkshop,
	work: { readonly source: BuildContext; readonly instruction: string; readonly root: ArchiveRoot },
	sourceDateEpoch?: number,
): Promise<void> {
	const operation = await planCopy(work.instruction);
	await using prepared = await workshop.copier.prepareCopy({ operation, source: work.source }, forever);
	const target = sourceDateEpoch === undefined ? { root: work.root } : { root: work.root, sourceDateEpoch };
	await prepared.into(target, forever);
}

/** Kinds, modes, owners, sizes, times and content of all files in an archive of a tree, by path. */
export async function listTar(
	tar: AsyncIterable<Uint8Array>,
	isIgnored: (name: string) => boolean = () => false,
): Promise<string[]> {
	const lines: string[] = [];
	for await (const { entry, content } of readTar(tar)) {
		const name = entry.name.replace(/^\.?\//, "").replace(/\/$/, "");
		const hash = createHash("sha256");
		for await (const bytes of content) hash.update(bytes);
		if (name === "" || isIgnored(name)) continue;
		const { type, mode, uid, gid, linkName, mtime } = entry;
		const what = type === "file" ? `${entry.size} ${hash.digest("hex").slice(0, 8)} ${mtime.seconds}` : "";
		const xattrs = [...entry.xattrs].map(([key, value]) => `${key}=${Buffer.from(value).toString("hex")}`);
		const kind = type === "symlink" ? type : `${type} ${mode.toString(8)}`;
		lines.push([name, kind, `${uid}:${gid}`, linkName, what, ...xattrs].join(" ").trim());
	}
	return lines.sort();
}

export function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
