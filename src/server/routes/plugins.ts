/** Managed plugins: there are none, and each is not found. What would make one is not served (`pending`). */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function pluginRoutes(): Route[] {
	const ofOnePlugin = [
		api.pluginInspect,
		api.pluginDelete,
		api.pluginEnable,
		api.pluginDisable,
		api.pluginPush,
		api.pluginSet,
	];
	return [
		route(api.pluginList, async () => json([])),
		...ofOnePlugin.map((operation) =>
			route(operation, async ({ params }) => {
				throw new EngineError("not_found", `plugin ${JSON.stringify(params["name"])} not found`);
			}),
		),
	];
}
