import type { HullBuildRequest } from "../../../api/index.ts";
import {
	type BuildRequest,
	type CacheSource,
	type CacheTarget,
	checkCacheSource,
	checkInlineCache,
	type Export,
	type ProvenanceRequest,
	readCacheTarget,
	readEntitlement,
	type SshAgent,
	unsupportedCache,
} from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { parsePlatform } from "../../../oci/index.ts";
import { cacheFolder } from "./cache-folder.ts";
import type { ExportOutput } from "./export-output.ts";
import { buildId, buildIsolation, buildLimits, buildNetwork, imageNames, shmBytes } from "./request-parts.ts";
import { connectAgent } from "./ssh-agent.ts";

const maxSecretBytes = 500 * 1024;
const chunkBytes = 256 * 1024;

/** What a request asks for, apart from its Dockerfile and contexts. Errors: `invalid_argument`, naming the option. */
export function hullRequest(
	asked: HullBuildRequest,
	output: ExportOutput,
): Omit<BuildRequest, "dockerfile" | "context" | "namedContexts"> {
	const allow = (asked.Allow ?? []).map(readEntitlement);
	return {
		id: buildId(asked.Id),
		target: asked.Target ?? "",
		buildArgs: new Map(Object.entries(asked.Args ?? {})),
		labels: asked.Labels ?? {},
		annotations: asked.Annotations ?? {},
		platforms: (asked.Platforms ?? []).map(parsePlatform),
		noCache: asked.NoCache || (asked.NoCacheStages ?? []),
		pull: asked.Pull ?? false,
		network: buildNetwork(asked.Network),
		...(allow.length === 0 ? {} : { allow: new Set(allow) }),
		isolation: buildIsolation(asked.Isolation),
		extraHosts: asked.ExtraHosts ?? [],
		shmSizeBytes: shmBytes(asked.ShmSize),
		limits: buildLimits({
			memory: asked.Memory,
			memorySwap: asked.MemorySwap,
			cpuShares: asked.CpuShares,
			cpuPeriod: asked.CpuPeriod,
			cpuQuota: asked.CpuQuota,
			cpusetCpus: asked.CpusetCpus,
			cpusetMems: asked.CpusetMems,
			cgroupParent: asked.CgroupParent,
			ulimits: (asked.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
		}),
		secrets: new Map(Object.entries(asked.Secrets ?? {}).map(([id, text]) => [id, secret(id, text)])),
		ssh: new Map(
			Object.entries(asked.Ssh ?? {}).map(([id, path]): [string, SshAgent] => [id, connectAgent(path)]),
		),
		cacheFrom: (asked.CacheFrom ?? []).map(cacheSource),
		cacheTo: (asked.CacheTo ?? []).map((fields, index) => cacheTarget(fields, index, output)),
		squash: asked.Squash ?? false,
		...(asked.SourceDateEpoch === undefined ? {} : { sourceDateEpoch: asked.SourceDateEpoch }),
		...(asked.Provenance === undefined ? {} : { provenance: provenanceOf(asked.Provenance) }),
		sbom: asked.Sbom ?? false,
		exports: (asked.Exports ?? []).map((one, index) => exported(one, index, output)),
		registryAuth: new Map(
			Object.entries(asked.Auth ?? {}).map(([registry, { Username, Password }]) => [
				registry,
				{ username: Username, password: Password },
			]),
		),
	};
}

function provenanceOf(asked: NonNullable<HullBuildRequest["Provenance"]>): ProvenanceRequest {
	const { Mode: mode, BuilderId: builderId = "", Reproducible: isReproducible = false } = asked;
	if (mode !== "min" && mode !== "max")
		throw new EngineError("invalid_argument", `provenance mode ${JSON.stringify(mode)}: it is min or max`);
	return { mode, builderId, isReproducible, isUnasked: false, vcs: {} };
}

function secret(id: string, text: string): { read(): Promise<Uint8Array> } {
	const value = Buffer.from(text, "base64");
	if (value.length > maxSecretBytes)
		throw new EngineError("too_large", `secret ${id} is longer than ${maxSecretBytes} bytes`);
	return { read: async () => value };
}

function cacheSource(fields: Readonly<Record<string, string>>): CacheSource {
	const attributes = new Map(Object.entries(fields));
	const type = fields["type"] ?? "";
	switch (type) {
		case "registry":
			checkCacheSource(attributes, ["ref"]);
			return { type, ref: needed(fields, "ref") };
		case "local": {
			checkCacheSource(attributes, ["src", "tag", "digest"]);
			const folder = needed(fields, "src");
			return { type: "store", name: folder, store: cacheFolder({ ...fields, folder }) };
		}
		default:
			throw unsupportedCache("cache-from", type);
	}
}

function cacheTarget(
	fields: Readonly<Record<string, string>>,
	index: number,
	output: ExportOutput,
): CacheTarget {
	const attributes = new Map(Object.entries(fields));
	const type = fields["type"] ?? "";
	switch (type) {
		case "inline":
			checkInlineCache(attributes);
			return { type };
		case "registry":
			return { type, ref: needed(fields, "ref"), options: readCacheTarget(attributes, ["ref"]) };
		case "local": {
			const folder = needed(fields, "dest");
			const store = cacheFolder({ ...fields, folder, output: { ...output, index } });
			return { type: "store", name: folder, store, options: readCacheTarget(attributes, ["dest", "tag"]) };
		}
		default:
			throw unsupportedCache("cache-to", type);
	}
}

function needed(fields: Readonly<Record<string, string>>, name: string): string {
	const value = fields[name];
	if (value) return value;
	throw new EngineError("invalid_argument", `a cache of type ${fields["type"]} needs ${name}`);
}

function exported(
	{ Type: type, Names = [], Push = false }: NonNullable<HullBuildRequest["Exports"]>[number],
	index: number,
	output: ExportOutput,
): Export {
	const names = imageNames(Names);
	const sink = {
		async write(tar: AsyncIterable<Uint8Array>) {
			for await (const chunk of tar)
				for (let at = 0; at < chunk.length; at += chunkBytes) {
					const piece = Buffer.from(chunk.subarray(at, at + chunkBytes));
					output.push({ kind: "export", index, data: piece.toString("base64") });
					await output.drained();
				}
			output.push({ kind: "export", index });
		},
	};
	switch (type) {
		case "image":
			return { type, names, push: Push };
		case "oci":
		case "docker":
			return { type, names, sink };
		case "tar":
		case "local":
			return { type, sink };
		default:
			throw new EngineError("invalid_argument", `output type ${JSON.stringify(type)} is not supported`);
	}
}
