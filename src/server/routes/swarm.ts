/** Swarm mode, answered as by a Docker engine that is not part of a swarm: clients take it from the text. */
import { swarmOperations } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { type Route, route } from "../route.ts";

export function swarmRoutes(): Route[] {
	return swarmOperations
		.filter((operation) => operation.pending === undefined)
		.map((operation) =>
			route(operation, async () => {
				throw operation.id === "SwarmLeave" ? notInSwarm() : notManager();
			}),
		);
}

function notManager(): EngineError {
	return new EngineError(
		"unavailable",
		'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm ' +
			"and try again.",
	);
}

function notInSwarm(): EngineError {
	return new EngineError("unavailable", "This node is not part of a swarm");
}
