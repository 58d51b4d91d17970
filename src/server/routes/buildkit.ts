/** BuildKit: the two connections that buildx and Compose build over. */
import * as api from "../../api/index.ts";
import type { BuildkitBackend } from "../buildkit-backend.ts";
import { type Route, route } from "../route.ts";

export function buildkitRoutes(buildkit: BuildkitBackend): Route[] {
	return [
		route(api.grpc, async () => ({
			kind: "upgrade",
			protocol: "h2c",
			serve: (socket, signal) => buildkit.grpc(socket, signal),
		})),
		route(api.session, async ({ headers }) => ({
			kind: "upgrade",
			protocol: "h2c",
			serve: (socket, signal) => buildkit.session(socket, headers, signal),
		})),
	];
}
