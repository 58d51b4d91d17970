import { existsSync } from "node:fs";
import { type Engine, openEngine } from "../../client/index.ts";

const defaultSocket = "/run/hull/hull.sock";

/**
 * The engine to talk to: `--host`, `HULL_HOST`, `DOCKER_HOST`, else the default place, where the engine is started
 * when nobody listens and we are root.
 */
export async function selectEngine(options: {
	host: string | undefined;
	environment: NodeJS.ProcessEnv;
}): Promise<Engine> {
	const { environment } = options;
	const chosen = options.host || environment["HULL_HOST"] || environment["DOCKER_HOST"];
	const headers = { "User-Agent": "hull" };
	if (chosen !== undefined && chosen !== "") return openEngine(chosen, headers);
	const engine = openEngine(`unix://${defaultSocket}`, headers);
	const { isListening, startEngine } = await import("./start-on-demand.ts");
	if (existsSync(defaultSocket) && (await isListening(defaultSocket))) return engine;
	if (process.getuid?.() !== 0) return engine;
	await startEngine(defaultSocket);
	return engine;
}
