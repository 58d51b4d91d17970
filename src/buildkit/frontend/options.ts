/**
 * Options of the Dockerfile frontend as BuildKit's clients send them: texts by name. What is not known is refused.
 * https://docs.docker.com/build/buildkit/frontend, frontend/dockerui of BuildKit
 */
import type { ProvenanceRequest } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import { type Platform, parsePlatform } from "../../oci/index.ts";
import { isSbomWanted, provenanceOf } from "./attestations.ts";

export interface FrontendOptions {
	/** Path of the Dockerfile. */
	readonly filename: string;
	readonly target: string;
	/** What the clients call the folder with the Dockerfile, and that with the context. */
	readonly dockerfileKey: string;
	readonly contextKey: string;
	/** An address in place of a client's folder; empty: the folder. */
	readonly context: string;
	/** `name` → `local:folder`, `docker-image://reference`, an address. */
	readonly namedContexts: ReadonlyMap<string, string>;
	readonly buildArgs: ReadonlyMap<string, string>;
	readonly labels: Readonly<Record<string, string>>;
	readonly noCache: boolean | readonly string[];
	readonly pull: boolean;
	readonly platforms: readonly Platform[];
	readonly extraHosts: readonly string[];
	readonly shmSizeBytes: number;
	readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
	readonly cgroupParent: string;
	readonly network: "default" | "none" | "host";
	readonly cacheImports: readonly { readonly type: string; readonly attrs: ReadonlyMap<string, string> }[];
	readonly provenance?: ProvenanceRequest | undefined;
	readonly sbom: boolean;
	/** Something else than a build: `outline`, `targets`. */
	readonly subrequest: string;
}

/** Said of the build by clients that keep records; nothing follows from it. */
const informative = new Set([
	"source",
	"cmdline",
	"multi-platform",
	"dockerfile-version",
	"frontend.caps",
	"build-arg:BUILDKIT_SYNTAX",
]);

type Draft = { -readonly [Name in keyof FrontendOptions]: FrontendOptions[Name] };

export function readFrontendOptions(texts: ReadonlyMap<string, string>): FrontendOptions {
	const buildArgs = new Map<string, string>();
	const namedContexts = new Map<string, string>();
	const labels: Record<string, string> = {};
	const vcs: Record<string, string> = {};
	const draft: Draft = {
		...{
			filename: "Dockerfile",
			target: "",
			dockerfileKey: "dockerfile",
			contextKey: "context",
			context: "",
		},
		...{ noCache: false, pull: false, platforms: [], extraHosts: [], shmSizeBytes: 0, ulimits: [] },
		...{ cgroupParent: "", network: "default", cacheImports: [], sbom: false },
		...{ subrequest: "", buildArgs, namedContexts, labels },
	};
	for (const [name, text] of texts) {
		const [, prefix, rest] = /^(build-arg|label|context|vcs|input-metadata):(.+)$/s.exec(name) ?? [];
		// Results of other builds bring their configuration themselves.
		if (informative.has(name) || name === "attest:provenance" || prefix === "input-metadata") continue;
		if (prefix === "vcs") vcs[rest!] = text;
		else if (prefix === "build-arg") buildArgs.set(rest!, text);
		else if (prefix === "label") Object.defineProperty(labels, rest!, { value: text, enumerable: true });
		else if (prefix === "context") namedContexts.set(rest!, text);
		else if (Object.hasOwn(readers, name)) readers[name]!(draft, text);
		else throw new EngineError("not_implemented", `the build option ${name} is not supported`);
	}
	const provenance = texts.get("attest:provenance");
	if (provenance !== undefined) draft.provenance = provenanceOf(attrsOf(provenance), vcs);
	return draft;
}

const readers: Readonly<Record<string, (draft: Draft, text: string) => void>> = {
	filename: (draft, text) => {
		draft.filename = text === "" ? "Dockerfile" : text;
	},
	target: (draft, text) => {
		draft.target = text;
	},
	context: (draft, text) => {
		draft.context = text;
	},
	contextkey: (draft, text) => {
		draft.contextKey = text;
	},
	dockerfilekey: (draft, text) => {
		draft.dockerfileKey = text;
	},
	"no-cache": (draft, text) => {
		draft.noCache = text === "" ? true : listOf(text);
	},
	"image-resolve-mode": (draft, text) => {
		if (!["default", "local", "pull"].includes(text)) throw invalid("image-resolve-mode", text);
		draft.pull = text === "pull";
	},
	platform: (draft, text) => {
		draft.platforms = listOf(text).map(parsePlatform);
	},
	"add-hosts": (draft, text) => {
		draft.extraHosts = listOf(text).map(hostEntry);
	},
	"shm-size": (draft, text) => {
		draft.shmSizeBytes = wholeNumber("shm-size", text);
	},
	ulimit: (draft, text) => {
		draft.ulimits = listOf(text).map(ulimitOf);
	},
	"cgroup-parent": (draft, text) => {
		draft.cgroupParent = text;
	},
	"force-network-mode": (draft, text) => {
		if (!["", "default", "sandbox", "none", "host"].includes(text)) throw invalid("network", text);
		draft.network = text === "none" || text === "host" ? text : "default";
	},
	"cache-imports": (draft, text) => {
		draft.cacheImports = cacheImportsOf(text);
	},
	"cache-from": (draft, text) => {
		draft.cacheImports = listOf(text).map((ref) => ({ type: "registry", attrs: new Map([["ref", ref]]) }));
	},
	"attest:sbom": (draft, text) => {
		draft.sbom = isSbomWanted(attrsOf(text));
	},
	requestid: (draft, text) => {
		draft.subrequest = text;
	},
};

function attrsOf(text: string): Map<string, string> {
	return new Map(
		listOf(text).map((one) => [one.split("=")[0]!, one.includes("=") ? one.slice(one.indexOf("=") + 1) : ""]),
	);
}

/** `name=address`, as the frontend writes it, to `name:address`. */
function hostEntry(text: string): string {
	const [, name, address] = /^([^=:]+)[=:](.+)$/.exec(text) ?? [];
	if (name === undefined) throw invalid("add-hosts", text);
	return `${name}:${address}`;
}

function ulimitOf(text: string): { name: string; soft: number; hard: number } {
	const [, name, soft, hard] = /^([a-z]+)=(-?\d{1,15})(?::(-?\d{1,15}))?$/.exec(text) ?? [];
	if (name === undefined) throw invalid("ulimit", text);
	return { name, soft: Number(soft), hard: Number(hard ?? soft) };
}

function cacheImportsOf(text: string): Draft["cacheImports"] {
	let entries: unknown;
	try {
		entries = JSON.parse(text);
	} catch {
		throw invalid("cache-imports", text);
	}
	if (!Array.isArray(entries) || entries.length > 100) throw invalid("cache-imports", text);
	return entries.map((entry: unknown) => {
		const { Type: type, Attrs: attrs } = (entry ?? {}) as { Type?: unknown; Attrs?: unknown };
		if (typeof type !== "string" || typeof attrs !== "object") throw invalid("cache-imports", text);
		const pairs = Object.entries(attrs ?? {}).filter((pair): pair is [string, string] => {
			return typeof pair[1] === "string";
		});
		return { type, attrs: new Map(pairs) };
	});
}

function wholeNumber(name: string, text: string): number {
	if (!/^\d{1,15}$/.test(text)) throw invalid(name, text);
	return Number(text);
}

/** Comma-separated, values with commas in double quotes. */
export function listOf(text: string): string[] {
	const items = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
	return items.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!.trim()).filter(Boolean);
}

function invalid(name: string, text: string): EngineError {
	return new EngineError("invalid_argument", `invalid ${name}: ${JSON.stringify(text.slice(0, 200))}`);
}
