import { existsSync } from "node:fs";
import { type Engine, openEngine, ResponseError, systemPing } from "../../client/index.ts";
import { unixFetch } from "../../sys/unix-fetch.ts";

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
	const settings = { headers: { "User-Agent": "hull" }, carrier: unixFetch };
	if (chosen !== undefined && chosen !== "") return openEngine(chosen, settings);
	const engine = openEngine(`unix://${defaultSocket}`, settings);
	if (process.getuid?.() !== 0 || (existsSync(defaultSocket) && (await answers(engine)))) return engine;
	const { startEngine } = await import("./start-on-demand.ts");
	await startEngine(defaultSocket);
	return engine;
}

/** A socket may be left over from an engine that was killed. */
async function answers(engine: Engine): Promise<boolean> {
	try {
		await systemPing(engine);
		return true;
	} catch (error) {
		// Whatever it says, somebody is there.
		return error instanceof ResponseError;
	}
}
