/** Snapshots of volumes, and what is made of them. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { byteStream, empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import type { VolumeCopiesBackend } from "../volume-copies-backend.ts";
import { filtersOf } from "./filters-of.ts";

export function volumeCopiesRoutes(copies: VolumeCopiesBackend): Route[] {
	return [
		route(api.volumeSnapshotCreate, async ({ params, body, signal }) => ({
			kind: "progress",
			run: (emit) => copies.snapshot(params["name"]!, body, { emit, signal }),
		})),
		route(api.volumeSnapshotsOf, async ({ params, query }) =>
			json(await copies.listSnapshots(params["name"]!, { size: query.size ?? false })),
		),
		route(api.volumeSnapshotList, async ({ query }) =>
			json(await copies.listSnapshots(undefined, { size: query.size ?? false })),
		),
		route(api.volumeSnapshotDelete, async ({ params }) => {
			await copies.removeSnapshot(params["name"]!, params["snapshot"]!);
			return empty(204);
		}),
		route(api.volumeSnapshotPrune, async ({ query }) =>
			json(await copies.pruneSnapshots(query.keep ?? 0, filtersOf(query.filters))),
		),
		route(api.volumeRestore, async ({ params, body, signal }) => ({
			kind: "progress",
			run: (emit) => copies.restore(params["name"]!, body.Snapshot, { emit, signal }),
		})),
		route(api.volumeClone, async ({ params, body, signal }) => ({
			kind: "progress",
			run: (emit) => copies.clone(params["name"]!, body, { emit, signal }),
		})),
		route(api.volumeRename, async ({ params, body }) => {
			await copies.rename(params["name"]!, body.Name);
			return empty(204);
		}),
		route(api.volumeExport, async ({ params, query, signal }) => {
			const { snapshot, since, noPause = false } = query;
			const request = { snapshot, since, noPause, compression: compressionOf(query.compression) };
			return byteStream("application/x-tar", await copies.export(params["name"]!, request, signal));
		}),
		route(api.volumeImport, async ({ params, query, bytes, signal }) => {
			const { onto = false, devices = false, maxBytes } = query;
			return {
				kind: "progress",
				run: (emit) => copies.import(params["name"]!, bytes, { onto, devices, maxBytes }, { emit, signal }),
			};
		}),
	];
}

function compressionOf(text = "none"): "none" | "gzip" | "zstd" {
	if (text === "none" || text === "gzip" || text === "zstd") return text;
	throw new EngineError(
		"invalid_argument",
		`unknown compression ${JSON.stringify(text)}: none, gzip or zstd`,
	);
}
