/** What a build reads: the Dockerfile, `.dockerignore`, its context and named contexts, from wherever they are. */
import { type BuildContext, type Contexts, cleanPath, type KeptResult } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import { loadDefinition, type Progress, type Source, type StepReport } from "../control/progress.ts";
import { clientContext } from "../session/files/client-context.ts";
import type { KeptFolders } from "../session/files/kept-folders.ts";
import { readSmallFiles } from "../session/files/read-small.ts";
import { openRemoteTree } from "../session/files/remote-tree.ts";
import { sessionUpload } from "../session/services.ts";
import type { Session } from "../session/sessions.ts";
import type { FrontendOptions } from "./options.ts";

export interface Inputs extends AsyncDisposable {
	readonly dockerfile: Source;
	readonly context: BuildContext;
	readonly namedContexts: ReadonlyMap<string, BuildContext | { readonly image: string }>;
	/** Of other builds, by the names that contexts have for them. */
	readonly results: ReadonlyMap<string, KeptResult>;
}

export interface InputsFrom {
	readonly session: Session;
	readonly contexts: Contexts;
	readonly folders: KeptFolders;
	readonly progress: Progress;
	/** A result of another build, by the name of this build's input. Who asks holds it. */
	readonly resultOf: (input: string) => KeptResult;
	readonly signal: AbortSignal;
}

/** Each input is a step of the build's progress. Disposing lets go of all contexts. */
export async function openInputs(options: FrontendOptions, from: InputsFrom): Promise<Inputs> {
	const opened = new AsyncDisposableStack();
	try {
		const { dockerfile, context } =
			options.context === ""
				? await fromClient(options, from, opened)
				: await fromAddress(options, from, opened);
		const namedContexts = new Map<string, BuildContext | { readonly image: string }>();
		const results = new Map<string, KeptResult>();
		for (const [name, address] of options.namedContexts) {
			if (address.startsWith("input:")) {
				results.set(address, from.resultOf(address.slice("input:".length)));
				namedContexts.set(name, { image: address });
			} else if (address.startsWith("docker-image://"))
				namedContexts.set(name, { image: address.slice("docker-image://".length) });
			else namedContexts.set(name, opened.use(await openNamed(name, address, from)));
		}
		return {
			dockerfile,
			context,
			namedContexts,
			results,
			[Symbol.asyncDispose]: () => opened.disposeAsync(),
		};
	} catch (error) {
		await opened.disposeAsync();
		throw error;
	}
}

async function fromClient(options: FrontendOptions, from: InputsFrom, opened: AsyncDisposableStack) {
	const { session, progress, signal } = from;
	const { filename, dockerfileKey, contextKey } = options;
	const ownIgnore = `${filename}.dockerignore`;
	const texts = await progress.step(loadDefinition(filename), async (report) => {
		const found = await readSmallFiles(
			session,
			{ name: dockerfileKey, paths: [filename, ownIgnore] },
			signal,
		);
		const bytes = Buffer.byteLength(found.get(filename) ?? "");
		report("transferring dockerfile:", bytes, bytes, true);
		return { ignore: found.get(ownIgnore), text: found.get(filename) ?? missing(filename) };
	});
	const dockerfile = { name: filename, text: texts.text };
	progress.setSource(dockerfile);
	const ignore = await progress.step("[internal] load .dockerignore", async (report) => {
		const own = texts.ignore;
		const paths = [".dockerignore"];
		const text =
			own ?? (await readSmallFiles(session, { name: contextKey, paths }, signal)).get(".dockerignore") ?? "";
		report("transferring context:", Buffer.byteLength(text), Buffer.byteLength(text), true);
		return text;
	});
	const context = opened.use(
		await openFolder(
			{ name: contextKey, excludes: ignorePatterns(ignore), shown: "[internal] load build context" },
			from,
		),
	);
	return { dockerfile, context };
}

async function openFolder(
	folder: { readonly name: string; readonly excludes: readonly string[]; readonly shown: string },
	{ session, folders, progress, signal }: InputsFrom,
): Promise<BuildContext> {
	const { name, excludes, shown } = folder;
	const tree = await progress.step(shown, () => openRemoteTree(session, { name, excludes }, signal));
	const key = session.sharedKey === "" ? "" : `${session.sharedKey}\0${name}`;
	return clientContext({
		tree,
		folder: await folders.take(key),
		show: (transfer) => progress.step(shown, (report) => reported(transfer, report)),
	});
}

/** How often a transfer tells how far it is. */
const reportEveryMs = 100;

async function reported(
	transfer: (report: (bytes: number) => void) => Promise<void>,
	report: StepReport,
): Promise<void> {
	const name = "transferring context:";
	let received = 0;
	let last = 0;
	await transfer((bytes) => {
		received += bytes;
		const now = Date.now();
		if (now - last < reportEveryMs) return;
		last = now;
		report(name, received, 0, false);
	});
	report(name, received, received, true);
}

/** An archive on the client's stdin, a repository, an address. The Dockerfile is in it. */
async function fromAddress(options: FrontendOptions, from: InputsFrom, opened: AsyncDisposableStack) {
	const { filename, context: address } = options;
	const { progress, signal } = from;
	const contextOptions = { dockerfile: filename, signal };
	const loaded = await progress.step("[internal] load remote build context", async () => {
		const url = URL.canParse(address) ? new URL(address) : undefined;
		if (url?.protocol !== "http:" || url.host !== "buildkit-session")
			return from.contexts.fromAddress(address, contextOptions);
		const upload = sessionUpload(from.session, url, signal);
		return { context: await from.contexts.fromTar(upload, contextOptions), dockerfile: undefined };
	});
	const context = opened.use(loaded.context);
	const text =
		loaded.dockerfile ??
		(await progress.step(loadDefinition(filename), () => context.readText(filename))) ??
		missing(filename);
	const dockerfile = { name: filename, text };
	progress.setSource(dockerfile);
	return { dockerfile, context };
}

function missing(filename: string): never {
	throw new EngineError(
		"not_found",
		`failed to read dockerfile: open ${filename}: no such file or directory`,
	);
}

async function openNamed(name: string, address: string, from: InputsFrom): Promise<BuildContext> {
	const [, scheme, rest] = /^([a-z-]+):(.*)$/s.exec(address) ?? [];
	const shown = `[context ${name}] load`;
	if (scheme === "local")
		return openFolder({ name: rest!, excludes: await ignoreOf(rest!, from), shown }, from);
	if (scheme === "target")
		throw new EngineError("invalid_argument", `context ${name}: ${address} is for bake to resolve`);
	if (scheme === "oci-layout")
		throw new EngineError("not_implemented", `context ${name}: layouts of the client are not supported`);
	const { signal } = from;
	const loaded = await from.progress.step(shown, () =>
		from.contexts.fromAddress(address, { dockerfile: "", signal }),
	);
	return loaded.context;
}

async function ignoreOf(folder: string, { session, signal }: InputsFrom): Promise<readonly string[]> {
	const texts = await readSmallFiles(session, { name: folder, paths: [".dockerignore"] }, signal);
	return ignorePatterns(texts.get(".dockerignore") ?? "");
}

/** As Docker's own reader does it: comments, white space and outer slashes go, negations stay. */
function ignorePatterns(text: string): string[] {
	return text
		.replace(/^\uFEFF/, "")
		.split("\n")
		.filter((line) => !line.startsWith("#"))
		.map((line) => line.trim())
		.flatMap((line) => {
			const isNegated = line.startsWith("!");
			const written = isNegated ? line.slice(1).trim() : line;
			const pattern = written === "" ? "" : cleanPath(written) || ".";
			return pattern === "" ? [] : [isNegated ? `!${pattern}` : pattern];
		});
}
