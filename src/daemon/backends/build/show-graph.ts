import type { HullBuildEvent, HullBuildRequest, HullBuildStep } from "../../../api/index.ts";
import { type BaseImage, parseDockerfile, planPlatforms, type Step } from "../../../builder/index.ts";
import { digestOf, hostPlatform, type Platform, parsePlatform } from "../../../oci/index.ts";
import { buildNetwork } from "./request-parts.ts";
import type { BuildRooms } from "./rooms.ts";

/** What a build would do. Nothing is pulled: of an image that is not here the triggers and the environment are unknown. */
export async function showGraph(
	{ images }: Pick<BuildRooms, "images">,
	file: { readonly text: string },
	request: HullBuildRequest,
): Promise<HullBuildEvent[]> {
	const named = request.Contexts.filter(({ Name }) => Name !== "");
	const platforms = (request.Platforms ?? []).map(parsePlatform);
	const { steps } = await planPlatforms(parseDockerfile(file.text), {
		target: request.Target ?? "",
		platforms: platforms.length > 0 ? platforms : [hostPlatform()],
		buildArgs: new Map(Object.entries(request.Args ?? {})),
		labels: request.Labels ?? {},
		noCache: false,
		network: buildNetwork(request.Network),
		contexts: new Set(named.filter(({ Kind }) => Kind !== "image").map(({ Name }) => Name)),
		images: new Map(
			named.filter(({ Kind }) => Kind === "image").map(({ Name, Address = "" }) => [Name, Address]),
		),
		resolve: async (reference, platform) => localImage(images, reference, platform),
	});
	return [{ kind: "graph", steps: steps.map(shownStep) }];
}

function localImage(images: BuildRooms["images"], reference: string, platform: Platform): BaseImage {
	const found = images.find(reference);
	if (found === undefined)
		return {
			reference,
			id: digestOf(Buffer.from(reference)),
			chainId: undefined,
			config: {},
			diffIds: [],
			history: [],
			platform,
		};
	const { id, chainId, config } = found;
	return {
		reference,
		id,
		chainId,
		config: config.config ?? {},
		diffIds: config.rootfs.diff_ids,
		history: [],
		platform,
	};
}

function shownStep({ definition, name, line, stage, operation }: Step): HullBuildStep {
	const inputs = "base" in operation ? [operation.base] : [];
	const sources =
		operation.kind === "copy"
			? [operation.from]
			: operation.kind === "run"
				? operation.mounts.flatMap((mount) => ("from" in mount ? (mount.from ?? []) : []))
				: [];
	return {
		digest: definition,
		name,
		line,
		stage,
		kind: operation.kind,
		inputs: [...inputs, ...sources.flatMap((source) => (source.kind === "step" ? source.step : []))],
		contexts: sources.flatMap((source) => (source.kind === "context" ? source.name : [])),
	};
}
