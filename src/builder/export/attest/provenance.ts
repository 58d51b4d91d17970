import { digestHex, formatPlatform, hostPlatform, parseReference } from "../../../oci/index.ts";
import type { ProvenanceRequest } from "../../contract.ts";
import type { Graph } from "../../graph/graph.ts";
import { predefinedArguments } from "../../graph/scope.ts";
import type { SolveContext } from "../../solve/context.ts";
import { inputsOf } from "../../solve/solver.ts";
import { imagePackageUrl } from "./package-url.ts";

interface Material {
	readonly uri: string;
	readonly digest?: Readonly<Record<string, string>>;
}

const metadataKey = "https://mobyproject.org/buildkit@v1#metadata";

/**
 * How an image came to be: SLSA provenance v0.2 in the shape that BuildKit gives it, so that its readers find what they
 * look for. Of secrets there are names alone, and those in mode `max` only. With a latest time (`SOURCE_DATE_EPOCH`)
 * nothing is in it that another build of the same would say differently.
 * https://slsa.dev/spec/v0.2/provenance, docs/attestations/slsa-definitions.md of BuildKit
 */
export function provenance(context: SolveContext, graph: Graph, asked: ProvenanceRequest): unknown {
	const { request, latestTime, startedAt } = context;
	const isMax = asked.mode === "max";
	const { materials, isComplete } = materialsOf(context, graph);
	const main = request.context.origin;
	return {
		builder: { id: asked.builderId },
		buildType: "https://mobyproject.org/buildkit@v1",
		materials,
		invocation: {
			configSource: {
				...(main === undefined ? {} : { uri: main.uri, ...(main.digest && { digest: main.digest }) }),
				entryPoint: request.dockerfile.name,
			},
			parameters: {
				frontend: "dockerfile.v0",
				args: argumentsOf(context, isMax),
				...(isMax ? namesOf(graph) : {}),
				locals: localsOf(context, graph).map((name) => ({ name })),
			},
			environment: { platform: formatPlatform(hostPlatform()) },
		},
		...(isMax ? { buildConfig: { steps: stepsOf(graph) } } : {}),
		metadata: {
			...(latestTime === undefined
				? {
						buildInvocationID: request.id,
						buildStartedOn: new Date(startedAt).toISOString(),
						buildFinishedOn: new Date().toISOString(),
					}
				: {}),
			completeness: { parameters: isMax, environment: true, materials: isComplete },
			reproducible: asked.isReproducible,
			[metadataKey]: {
				...(Object.keys(asked.vcs).length > 0 ? { vcs: asked.vcs } : {}),
				...(isMax ? { source: sourceOf(context, graph) } : {}),
			},
		},
	};
}

/** Images, repositories and downloads. What a client sent from its disk is none that anybody could get again. */
function materialsOf(
	context: SolveContext,
	graph: Graph,
): { readonly materials: readonly Material[]; readonly isComplete: boolean } {
	const materials = new Map<string, Material>();
	let isComplete = localsOf(context, graph).length === 0;
	const add = (material: Material) => materials.set(material.uri, material);
	for (const name of contextsOf(graph)) {
		const origin = context.contexts.get(name)?.origin;
		if (origin !== undefined) add(origin);
	}
	for (const { operation } of graph.steps) {
		if (operation.kind === "image") {
			const { reference, platform, digest } = context.bases.get(operation.image.id)!;
			// What another build came to is no image that anybody could find.
			isComplete &&= digest !== undefined;
			if (digest === undefined) continue;
			const uri = imagePackageUrl(parseReference(reference), { platform });
			add({ uri, digest: { sha256: digestHex(digest) } });
		}
		if (operation.kind !== "copy" || !operation.options.isAdd) continue;
		for (const source of operation.sources.filter(isAddress)) {
			const sha256 = /^sha256:([0-9a-f]{64})$/.exec(operation.options.checksum)?.[1];
			add({ uri: withoutCredentials(source), ...(sha256 === undefined ? {} : { digest: { sha256 } }) });
			isComplete &&= sha256 !== undefined;
		}
	}
	return { materials: [...materials.values()], isComplete };
}

/** Contexts of the client's, as its side calls them. */
function localsOf({ contexts, request }: SolveContext, graph: Graph): string[] {
	const names = contextsOf(graph).filter((name) => contexts.get(name)?.origin === undefined);
	const dockerfile = request.context.origin === undefined ? ["dockerfile"] : [];
	return [...names.map((name) => name || "context"), ...dockerfile];
}

function contextsOf({ steps }: Graph): string[] {
	const sources = steps.flatMap(({ operation }) =>
		operation.kind === "copy"
			? operation.sources.some((source) => !isAddress(source))
				? [operation.from]
				: []
			: operation.kind === "run"
				? operation.mounts.flatMap(({ from }) => from ?? [])
				: [],
	);
	return [...new Set(sources.flatMap((source) => (source.kind === "context" ? [source.name] : [])))];
}

/** In BuildKit's words. Proxies say where somebody built, and may have a password in them. */
function argumentsOf({ request }: SolveContext, isMax: boolean): Record<string, string> {
	const { target, network, noCache } = request;
	const plain = {
		...(target === "" ? {} : { target }),
		...(network === "default" ? {} : { "force-network-mode": network }),
		...(noCache === true ? { "no-cache": "" } : {}),
		...(Array.isArray(noCache) && noCache.length > 0 ? { "no-cache": noCache.join(",") } : {}),
	};
	if (!isMax) return plain;
	const given = [...request.buildArgs].filter(
		([name, value]) => value !== undefined && !predefinedArguments.includes(name),
	);
	return {
		...plain,
		...Object.fromEntries(given.map(([name, value]) => [`build-arg:${name}`, value!])),
		...Object.fromEntries(Object.entries(request.labels).map(([name, value]) => [`label:${name}`, value])),
	};
}

function isAddress(text: string): boolean {
	return /^[a-z]+:\/\/|^git@/i.test(text);
}

/** Of secrets and agents that a RUN mounts. */
function namesOf({ steps }: Graph) {
	const mounts = steps.flatMap(({ operation }) => (operation.kind === "run" ? operation.mounts : []));
	const named = (type: "secret" | "ssh") => {
		const found = mounts.flatMap((mount) =>
			mount.type === type ? [[mount.id, { id: mount.id, optional: !mount.required }] as const] : [],
		);
		return [...new Map(found).values()];
	};
	const [secrets, ssh] = [named("secret"), named("ssh")];
	return { ...(secrets.length > 0 ? { secrets } : {}), ...(ssh.length > 0 ? { ssh } : {}) };
}

function stepsOf({ steps }: Graph) {
	const ids = new Map(steps.map(({ definition }, index) => [definition, `step${index}`]));
	return steps.map(({ definition, name, operation }) => ({
		id: ids.get(definition),
		name,
		inputs: inputsOf(operation).map((input) => ids.get(input)),
	}));
}

function sourceOf({ request }: SolveContext, { steps }: Graph) {
	const { name, text } = request.dockerfile;
	const lines = steps.map(({ line }, index) => [
		`step${index}`,
		{ locations: line > 0 ? [{ ranges: [{ start: { line }, end: { line } }] }] : [] },
	]);
	return {
		infos: [{ filename: name, language: "Dockerfile", data: Buffer.from(text).toString("base64") }],
		locations: Object.fromEntries(lines),
	};
}

function withoutCredentials(address: string): string {
	return address.replace(/\/\/[^@/]*@/, "//");
}
