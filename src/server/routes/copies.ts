/** Copies of machines that run. */
import * as api from "../../api/index.ts";
import type { CopiesBackend } from "../copies-backend.ts";
import { empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function copiesRoutes(copies: CopiesBackend): Route[] {
	return [
		route(api.containerFork, async ({ params, body }) => {
			const request = { count: body.Count ?? 1, name: body.Name || undefined };
			return json({ Containers: await copies.fork(params["id"]!, request) }, 201);
		}),
		route(api.snapshotCreate, async ({ params, body }) =>
			json(await copies.createSnapshot(params["id"]!, { name: body.Name || undefined }), 201),
		),
		route(api.snapshotList, async () => json(await copies.listSnapshots())),
		route(api.snapshotRestore, async ({ params, body }) =>
			json(await copies.restoreSnapshot(params["id"]!, { name: body.Name || undefined }), 201),
		),
		route(api.snapshotDelete, async ({ params }) => {
			await copies.removeSnapshot(params["id"]!);
			return empty(204);
		}),
	];
}
