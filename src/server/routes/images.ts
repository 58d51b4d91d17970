/** Images. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ImageBackend } from "../backends.ts";
import { adaptImageInspect, adaptImageSummary } from "../compat/image.ts";
import { decodeRegistryAuth } from "../decode/registry-auth.ts";
import { byteStream, empty, json, type Reply } from "../reply.ts";
import { type Call, type Route, route } from "../route.ts";
import { filtersOf } from "./filters-of.ts";

export function imageRoutes(images: ImageBackend): Route[] {
	return [
		route(api.imageList, async ({ query, version }) => {
			if (query.identity && !query.manifests)
				throw new EngineError("invalid_argument", "identity is shown with manifests only");
			const list = await images.list({
				all: query.all ?? false,
				filters: filtersOf(query.filters),
				sharedSize: query["shared-size"] ?? false,
				digests: query.digests ?? false,
				manifests: query.manifests ?? false,
				identity: query.identity ?? false,
			});
			return json(list.map((image) => adaptImageSummary(image, version)));
		}),
		route(api.imageInspect, async ({ params, query, version }) => {
			if (query.manifests && query.platform)
				throw new EngineError(
					"invalid_argument",
					"conflicting options: manifests and platform options cannot both be set",
				);
			const options = { platform: platformOf(query.platform), manifests: query.manifests ?? false };
			return json(adaptImageInspect(await images.inspect(params["name"]!, options), version));
		}),
		route(api.imageHistory, async ({ params, query }) =>
			json(await images.history(params["name"]!, { platform: platformOf(query.platform) })),
		),
		route(api.imageAttestations, async ({ params, query }) => {
			const [platform, ...more] = platformsOf(query.platform);
			if (more.length > 0)
				throw new EngineError("invalid_argument", "attestations are shown for one platform at a time");
			const options = { platform, types: query.type ?? [], statements: query.statement ?? false };
			return json(await images.attestations(params["name"]!, options));
		}),
		route(api.imageCreate, async (call) => createImage(images, call)),
		route(api.imagePush, async ({ params, query, headers, signal }) => {
			const request = {
				tag: query.tag ?? "",
				platform: platformOf(query.platform),
				auth: decodeRegistryAuth(headers.get("x-registry-auth")),
			};
			return { kind: "progress", run: (emit) => images.push(params["name"]!, request, emit, signal) };
		}),
		route(api.imageLoad, async ({ query, bytes, signal }) => {
			const options = { quiet: query.quiet ?? false, platforms: platformsOf(query.platform) };
			return { kind: "progress", run: (emit) => images.load(bytes, options, emit, signal) };
		}),
		route(api.imageGet, async ({ params, query, signal }) => {
			const options = { platforms: platformsOf(query.platform) };
			return byteStream("application/x-tar", await images.save([params["name"]!], options, signal));
		}),
		route(api.imageGetAll, async ({ query, signal }) => {
			const names = query.names ?? [];
			if (names.length === 0) throw new EngineError("invalid_argument", "no images to save: names is empty");
			const options = { platforms: platformsOf(query.platform) };
			return byteStream("application/x-tar", await images.save(names, options, signal));
		}),
		route(api.imageTag, async ({ params, query }) => {
			await images.tag(params["name"]!, { repo: query.repo ?? "", tag: query.tag ?? "" });
			return empty(201);
		}),
		route(api.imageDelete, async ({ params, query }) => {
			const options = {
				force: query.force ?? false,
				noPrune: query.noprune ?? false,
				platforms: platformsOf(query.platforms),
			};
			return json(await images.remove(params["name"]!, options));
		}),
		route(api.imagePrune, async ({ query }) => json(await images.prune(filtersOf(query.filters)))),
		route(api.systemAuth, async ({ body }) => json(await images.auth(body))),
	];
}

/** `POST /images/create` is two operations: a pull (`fromImage`) and an import (`fromSrc`). */
async function createImage(images: ImageBackend, call: Call<typeof api.imageCreate>): Promise<Reply> {
	const { query, headers, bytes, signal } = call;
	const platform = query.platform || undefined;
	if (query.fromImage) {
		const request = {
			fromImage: query.fromImage,
			tag: query.tag ?? "",
			platform,
			auth: decodeRegistryAuth(headers.get("x-registry-auth")),
		};
		return { kind: "progress", run: (emit) => images.pull(request, emit, signal) };
	}
	if (!query.fromSrc)
		throw new EngineError(
			"invalid_argument",
			"nothing to create an image from: fromImage and fromSrc are empty",
		);
	const request = {
		source: query.fromSrc,
		repo: query.repo ?? "",
		tag: query.tag ?? "",
		message: query.message ?? "",
		changes: query.changes ?? [],
		platform,
		body: bytes,
	};
	return { kind: "progress", run: (emit) => images.import(request, emit, signal) };
}

/** From 1.48 on a platform is JSON (`{"os":"linux","architecture":"arm64"}`); backends take `linux/arm64/v8`. */
function platformOf(text: string | undefined): string | undefined {
	if (text === undefined || text === "") return undefined;
	if (!text.startsWith("{")) return text;
	try {
		const { os, architecture, variant } = JSON.parse(text) as Record<string, unknown>;
		if (typeof os !== "string" || typeof architecture !== "string")
			throw new Error("os or architecture missing");
		return [os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])].join("/");
	} catch (cause) {
		throw new EngineError("invalid_argument", `invalid platform ${JSON.stringify(text)}`, { cause });
	}
}

/** One parameter each, or one JSON list of them (docker 28). */
function platformsOf(texts: readonly string[] = []): string[] {
	return texts.flatMap((text) => {
		if (!text.startsWith("[")) return platformOf(text) ?? [];
		try {
			const list: unknown = JSON.parse(text);
			if (Array.isArray(list)) return list.map((one) => platformOf(JSON.stringify(one))!);
		} catch {}
		throw new EngineError("invalid_argument", `invalid platforms ${JSON.stringify(text)}`);
	});
}
