import type {
	AuthConfig,
	ImageDeleteResponseItem,
	ImageHistoryResponseItem,
	ImageInspect,
	ImagePruneResponse,
	ImageSummary,
} from "../api/index.ts";
import { callBytes, callEmpty, callJson, callLines, callText } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { type Filters, referencePath } from "./transport/request.ts";

/** One line of a progress stream (Docker's jsonmessage). */
export interface ProgressLine {
	readonly id?: string;
	readonly status?: string;
	readonly stream?: string;
	/** Ready to print; engines that have it also send `progressDetail`. */
	readonly progress?: string;
	readonly progressDetail?: {
		readonly current?: number;
		readonly total?: number;
		readonly start?: number;
		readonly units?: string;
		readonly hidecounts?: boolean;
	};
	readonly error?: string;
	readonly errorDetail?: { readonly code?: number; readonly message?: string };
	readonly aux?: unknown;
}

/** Credentials for one registry, sent as `X-Registry-Auth`. */
export interface RegistryCredentials extends AuthConfig {
	readonly identitytoken?: string;
	readonly registrytoken?: string;
}

export function imageList(
	engine: Engine,
	query: { all?: boolean; filters?: Filters; digests?: boolean } = {},
): Promise<ImageSummary[]> {
	return callJson(engine, { method: "GET", path: "/images/json", query });
}

export async function imageInspect(
	engine: Engine,
	reference: string,
	query: { platform?: string } = {},
): Promise<ImageInspect> {
	return JSON.parse(await imageInspectText(engine, reference, query)) as ImageInspect;
}

/** The document as the engine wrote it. */
export function imageInspectText(
	engine: Engine,
	reference: string,
	query: { platform?: string } = {},
): Promise<string> {
	return callText(engine, { method: "GET", path: at(reference, "json"), query });
}

export function imageHistory(
	engine: Engine,
	reference: string,
	query: { platform?: string } = {},
): Promise<ImageHistoryResponseItem[]> {
	return callJson(engine, { method: "GET", path: at(reference, "history"), query });
}

/** Pulls; the tag is empty for all tags of the repository. */
export function imagePull(
	engine: Engine,
	query: { fromImage: string; tag?: string; platform?: string },
	options: { auth?: RegistryCredentials; signal?: AbortSignal } = {},
): AsyncIterable<ProgressLine> {
	const headers = authHeader(options.auth);
	return callLines(engine, {
		method: "POST",
		path: "/images/create",
		query,
		headers,
		signal: options.signal,
	});
}

export function imagePush(
	engine: Engine,
	reference: string,
	query: { tag?: string; platform?: string },
	options: { auth?: RegistryCredentials; signal?: AbortSignal } = {},
): AsyncIterable<ProgressLine> {
	// The header must be there, also when there are no credentials.
	const headers = authHeader(options.auth ?? {});
	return callLines(engine, {
		method: "POST",
		path: at(reference, "push"),
		query,
		headers,
		signal: options.signal,
	});
}

/** Makes an image of a root file system: `fromSrc` is `-` for the body, or an address that the engine fetches. */
export function imageImport(
	engine: Engine,
	query: {
		fromSrc: string;
		repo?: string;
		tag?: string;
		message?: string;
		changes?: readonly string[];
		platform?: string;
	},
	tar?: AsyncIterable<Uint8Array>,
): AsyncIterable<ProgressLine> {
	const body = tar === undefined ? undefined : { stream: tar };
	return callLines(engine, { method: "POST", path: "/images/create", query, body });
}

export function imageLoad(
	engine: Engine,
	archive: AsyncIterable<Uint8Array>,
	query: { quiet?: boolean; platform?: string } = {},
): AsyncIterable<ProgressLine> {
	return callLines(engine, { method: "POST", path: "/images/load", query, body: { stream: archive } });
}

export function imageSave(
	engine: Engine,
	references: readonly string[],
	query: { platform?: string } = {},
): AsyncIterable<Buffer> {
	return callBytes(engine, { method: "GET", path: "/images/get", query: { names: references, ...query } });
}

export function imageTag(
	engine: Engine,
	source: string,
	target: { repo: string; tag?: string },
): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(source, "tag"), query: target });
}

export function imageDelete(
	engine: Engine,
	reference: string,
	query: { force?: boolean; noprune?: boolean; platforms?: string } = {},
): Promise<ImageDeleteResponseItem[]> {
	return callJson(engine, { method: "DELETE", path: `/images/${referencePath(reference)}`, query });
}

export function imagePrune(engine: Engine, filters: Filters = {}): Promise<ImagePruneResponse> {
	return callJson(engine, { method: "POST", path: "/images/prune", query: { filters } });
}

function at(reference: string, verb: string): string {
	return `/images/${referencePath(reference)}/${verb}`;
}

export function authHeader(auth: RegistryCredentials | undefined): Record<string, string> {
	if (auth === undefined) return {};
	const text = Buffer.from(JSON.stringify(auth)).toString("base64");
	return { "X-Registry-Auth": text.replaceAll("+", "-").replaceAll("/", "_") };
}
