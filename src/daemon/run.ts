import { createLogger, isEngineError, type Logger } from "../lib/index.ts";
import { configHelp, type DaemonConfig, readConfig } from "./config.ts";
import { clearSocket, inheritedSockets, parseHost } from "./listen-address.ts";
import { lockRoot } from "./lock-root.ts";
import { restWhenIdle } from "./rest.ts";
import { engineVersion } from "./version.ts";
import { wireEngine } from "./wire.ts";

/**
 * `hulld`: serves until SIGTERM or SIGINT, then leaves the containers running. Resolves when it is over; the exit code
 * is 0, or 1 when it could not start, with the reason on stderr.
 */
export async function runDaemon(argv: readonly string[]): Promise<void> {
	try {
		await execute(argv);
	} catch (error) {
		if (!isEngineError(error)) throw error;
		process.stderr.write(`hulld: ${error.message}\n`);
		process.exitCode = 1;
	}
}

async function execute(argv: readonly string[]): Promise<void> {
	const command = readConfig(argv, process.env);
	switch (command.kind) {
		case "help":
			process.stdout.write(configHelp);
			return;
		case "version":
			process.stdout.write(`hulld ${engineVersion}\n`);
			return;
		case "run":
			return await serve(command.config, createLogger(command.config.logLevel));
		default:
			command satisfies never;
	}
}

async function serve(config: DaemonConfig, log: Logger): Promise<void> {
	const stopped = stopSignal(log);
	// A failure that nobody handles is a bug, in one request; the others must not die of it.
	process.on("unhandledRejection", (error) => {
		log.error("an error was not handled", { error, stack: (error as Error | undefined)?.stack });
	});
	const inherited = inheritedSockets(process.env, process.pid);
	const addresses = config.hosts.flatMap((host) => parseHost(host, inherited));
	using _data = lockRoot(config.dataRoot);
	using _run = lockRoot(config.runRoot);
	// Before anything is recovered: a socket that somebody serves is a reason not to start.
	for (const address of addresses) if ("path" in address) await clearSocket(address.path);
	const engine = await wireEngine(config, log);
	try {
		await engine.recover();
		await engine.listenScoped();
		for (const address of addresses) await engine.server.listen(address);
		for (const host of config.hosts) process.stdout.write(`API listening on ${host}\n`);
		using _rest = restWhenIdle();
		await stopped;
	} finally {
		await engine.close();
	}
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, as without a handler. */
function stopSignal(log: Logger): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	for (const signal of ["SIGTERM", "SIGINT"] as const) {
		process.once(signal, () => {
			log.info("stopping; containers run on", { signal });
			resolve();
		});
	}
	return promise;
}
