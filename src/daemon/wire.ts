import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { createArchive } from "../archive/index.ts";
import { createBuilder, createContexts, createCopier } from "../builder/index.ts";
import { createBuildkit } from "../buildkit/index.ts";
import { createContainers } from "../containers/index.ts";
import { createEvents } from "../events/index.ts";
import { createImages } from "../images/index.ts";
import {
	EngineError,
	type Logger,
	selfCommand,
	translateSystemError,
	writeFileAtomic,
} from "../lib/index.ts";
import { checkLogDefaults, createLogShipping, type LogConfig } from "../logging/index.ts";
import { createNetworks, createPortPublisher } from "../networks/index.ts";
import { createRegistry, settingsReader } from "../registry/index.ts";
import { createRegistryServers } from "../registry-server/index.ts";
import { createProcessDriver, createVmDriver } from "../runtime/index.ts";
import { createDelivery, createVault, type KeySource, openKey } from "../secrets/index.ts";
import { type Backends, createServer, type Server } from "../server/index.ts";
import { chooseSnapshotDriver, createContentStore, createLeases, createMetadata } from "../store/index.ts";
import { createTrust } from "../trust/index.ts";
import { createVolumeCopies, createVolumes } from "../volumes/index.ts";
import { buildBackend } from "./backends/build/backend.ts";
import { buildPlatforms } from "./backends/build/build-platforms.ts";
import { copiesBackend } from "./backends/copies.ts";
import { distributionBackend } from "./backends/distribution.ts";
import { egressBackend, publishDenial } from "./backends/egress.ts";
import { imageLayersBackend } from "./backends/image-layers.ts";
import { imageBackend } from "./backends/images.ts";
import { networkBackend } from "./backends/networks/backend.ts";
import { registryBackend } from "./backends/registries.ts";
import { sbomBackend } from "./backends/sbom.ts";
import { secretsBackend } from "./backends/secrets.ts";
import { systemBackend } from "./backends/system.ts";
import { trustBackend } from "./backends/trust.ts";
import { upkeepBackend } from "./backends/upkeep.ts";
import { volumeCopiesBackend } from "./backends/volume-copies.ts";
import { volumeBackend } from "./backends/volumes.ts";
import type { DaemonConfig } from "./config.ts";
import { createCollector } from "./gc/collector.ts";
import { findProgram, readHost } from "./host.ts";
import { findMachineFiles, hintWithoutKvm } from "./machines.ts";
import { mirrorCredentials } from "./mirror-credentials.ts";
import { createScopedSockets } from "./sockets/sockets.ts";
import { engineVersion } from "./version.ts";

/** Least recently used results of builds go beyond this. */

/** A daemon that is put together, not serving yet. */
export interface Engine {
	readonly server: Server;
	/** Serves on the sockets that have a policy. */
	listenScoped(): Promise<void>;
	/** Takes up what the last daemon left; before anything is served. */
	recover(): Promise<void>;
	/** Lets go of everything; containers run on. */
	close(): Promise<void>;
}

/** Puts the rooms together: the only place that constructs them. */
export async function wireEngine(config: DaemonConfig, log: Logger): Promise<Engine> {
	const { dataRoot, runRoot } = config;
	makeRoots(config);
	const metadata = createMetadata({ path: join(dataRoot, "hull.db"), log });
	const events = createEvents({ path: join(dataRoot, "events.log"), log });
	const leases = createLeases();
	const content = createContentStore({ root: join(dataRoot, "content") });
	const snapshots = await chooseSnapshotDriver({ root: dataRoot, metadata, log });
	await snapshots.mountSized();
	const archive = createArchive({ log, mountPoint: join(runRoot, "archive") });
	const settings = registrySettings(config);
	const registry = createRegistry({ settings, credentials: mirrorCredentials(log) });
	const limits = config.maxLayerBytes === undefined ? {} : { layerBytes: config.maxLayerBytes };
	const trust = createTrust(config.trustPolicy);
	const images = createImages({
		...{ content, snapshots, metadata, leases, archive, registry },
		...{ events, log, limits, trust },
	});
	const volumeRoot = join(dataRoot, "volumes");
	const volumes = createVolumes({ metadata, root: volumeRoot, log });
	const volumeCopies = createVolumeCopies({ metadata, root: volumeRoot, volumes, archive, log });
	const vault = createVault({ metadata, key: await openKey(secretKeySource(config)) });
	const delivery = createDelivery(join(runRoot, "secrets"), log);
	const host = readHost();
	const runtimes = knownRuntimes(config);
	const defaultRuntime = chooseRuntime(config, runtimes);
	const shimPath = findShim();
	const names = { program: join(dirname(shimPath), "hull-names"), runRoot };
	const networks = createNetworks({
		...{ metadata, dataRoot, names, publish: config.publish, log },
		denied: (denial) => publishDenial(events, denial, containers.nameOf(denial.containerId)),
	});
	const machines = createVmDriver({
		dataRoot,
		runRoot,
		shimPath,
		vmDir: findMachineFiles(),
		log,
		...config.vm,
	});
	const drivers = {
		process: createProcessDriver({ runRoot, shimPath, log, runtimes, defaultRuntime }),
		vm: machines,
	};
	const logShipping = createLogShipping({ dataRoot, log });
	const containers = createContainers({
		dataRoot,
		runRoot,
		metadata,
		images,
		snapshots,
		archive,
		runtimes: drivers,
		machineDiskBytes: config.vm.diskBytes,
		machineHint: hintWithoutKvm(machines),
		defaultRuntime,
		runtimeNames: Object.keys(runtimes),
		defaultUserNamespace: config.userNamespace,
		cdiSpecDirs: config.cdiSpecDirs,
		networks,
		ports: createPortPublisher(join(dirname(shimPath), "hull-publish")),
		volumes,
		vault,
		delivery,
		events,
		logShipping,
		logging: logDefaults(config),
		host,
		log,
	});
	const registries = createRegistryServers({
		...{ content, leases, metadata, images, events, log },
		usedBy: containers.usersOfImage,
	});
	const builderRoot = join(dataRoot, "builder");
	const contexts = createContexts({ root: builderRoot, archive });
	const builder = createBuilder({
		...{ dataRoot, runRoot, content, snapshots, metadata, leases, archive, images, networks, delivery, log },
		registry,
		runtime: drivers.process,
		machines,
		machineDiskBytes: config.vm.diskBytes,
		copier: createCopier({ root: builderRoot, archive, contexts }),
		host: host.spec,
		version: engineVersion,
		cachePolicy: config.cachePolicy,
	});
	const builds = { builder, contexts };
	const usageRooms = { builder, dataRoot, content, snapshots, volumes, volumeCopies, images, containers };
	const collector = createCollector(usageRooms, log);
	let collection: AsyncDisposable | undefined;
	const buildkitOptions = {
		root: join(dataRoot, "builder", "clients"),
		workerId: engineId(dataRoot),
		hostname: hostname(),
		version: engineVersion,
		platforms: buildPlatforms,
		log,
	};
	const buildkit = createBuildkit({ ...buildkitOptions, ...builds });
	const sockets = createScopedSockets({
		...{ policies: config.sockets, runRoot, containers, images, events, ...builds, log },
		buildkit: buildkitOptions,
	});
	const backends: Backends = {
		containers,
		images: imageBackend({ images, registry, content, snapshots, containers }),
		networks: networkBackend({ networks, containers, events }),
		volumes: volumeBackend({ volumes, events }),
		volumeCopies: volumeCopiesBackend({ volumes, volumeCopies, containers, events, volumeRoot }),
		system: systemBackend({
			id: engineId(dataRoot),
			dataRoot,
			defaultRuntime,
			logDriver: config.logging.driver,
			cdiSpecDirs: config.cdiSpecDirs,
			runtimes,
			machines,
			host,
			builder,
			containers,
			images,
			content,
			snapshots,
			volumes,
			volumeCopies,
			events,
			registrySettings: settings,
		}),
		distribution: distributionBackend(registry),
		trust: trustBackend({ images, registry }),
		sbom: sbomBackend({ images, snapshots, archive }),
		copies: copiesBackend(containers),
		mounts: containers,
		changes: containers,
		egress: egressBackend({ networks, containers, events }),
		registries: registryBackend(registries),
		builds: buildBackend({ ...builds, images, events }),
		imageLayers: imageLayersBackend({ images, snapshots, archive }),
		buildkit,
		sockets: sockets.backend,
		secrets: secretsBackend({ vault, containers, events }),
		upkeep: upkeepBackend(usageRooms, { collector, policy: config.collection }),
	};
	const server = createServer({ backends, log, version: engineVersion });
	return {
		server,
		listenScoped: () => sockets.listen(backends),
		async recover() {
			// Their processes before their snapshots and networks, which containers take back.
			await builder.recover();
			await containers.recover();
			await contexts.recover();
			registries.recover();
			await images.collect();
			collection = collector.start(config.collection);
		},
		async close() {
			await Promise.all([server.close(), sockets.close()]);
			await registries.close();
			await builder.close();
			await collection?.[Symbol.asyncDispose]();
			await containers.close();
			logShipping.close();
			await machines.close();
			// With nothing left to serve, bridge and rules go too: an engine that is off leaves no trace in the kernel.
			if (containers.anyRuns()) await networks.close();
			else await networks.teardown();
			await snapshots.settle();
			events.close();
			metadata.close();
		},
	};
}

/** Read once here, so that a wrong file ends the start and not the first pull. */
function registrySettings(config: DaemonConfig): ReturnType<typeof settingsReader> {
	const settings = settingsReader({
		file: config.registriesFile,
		insecure: config.insecureRegistries,
		hubMirrors: config.registryMirrors,
		offline: config.offline,
	});
	settings();
	return settings;
}

function secretKeySource({ dataRoot, secretKey }: DaemonConfig): KeySource {
	return { ...secretKey, defaultFile: join(dataRoot, "secret.key") };
}

/** Checked once here, so that a wrong option ends the start and not each container's. */
function logDefaults({ logging }: DaemonConfig): LogConfig {
	const defaults = { Type: logging.driver, Config: logging.options };
	checkLogDefaults(defaults);
	return defaults;
}

function makeRoots({ dataRoot, runRoot }: DaemonConfig): void {
	for (const folder of [dataRoot, join(dataRoot, "containers"), runRoot, join(runRoot, "containers")]) {
		try {
			mkdirSync(folder, { recursive: true, mode: 0o711 });
		} catch (error) {
			throw translateSystemError(error, folder);
		}
	}
}

/** The engine's identity, made once per data root. */
function engineId(dataRoot: string): string {
	const path = join(dataRoot, "engine-id");
	if (existsSync(path)) return readFileSync(path, "utf8").trim();
	const id = randomUUID();
	writeFileAtomic(path, `${id}\n`);
	return id;
}

function knownRuntimes({ runtimes }: DaemonConfig): Record<string, string> {
	const found = ["crun", "runc"].flatMap((name) => {
		const path = findProgram(name);
		return path === undefined ? [] : [[name, path] as const];
	});
	return { ...Object.fromEntries(found), ...runtimes };
}

function chooseRuntime({ defaultRuntime }: DaemonConfig, runtimes: Readonly<Record<string, string>>): string {
	if (defaultRuntime !== undefined) {
		if (defaultRuntime in runtimes) return defaultRuntime;
		throw new EngineError("invalid_argument", `--default-runtime ${defaultRuntime}: no such runtime`);
	}
	const name = ["crun", "runc"].find((candidate) => candidate in runtimes) ?? Object.keys(runtimes)[0];
	if (name === undefined) throw new EngineError("unavailable", "no OCI runtime found: install crun or runc");
	return name;
}

/** Beside the executable, or where the native build leaves it when running from source; `HULL_SHIM` overrides. */
function findShim(): string {
	const [program, entry] = selfCommand();
	const candidates = [
		process.env["HULL_SHIM"],
		entry === undefined ? join(dirname(program!), "hull-shim") : undefined,
		entry === undefined ? undefined : join(dirname(entry), "../../native/build/hull-shim"),
	].filter((path) => path !== undefined);
	const found = candidates.find((path) => existsSync(path));
	if (found !== undefined) return found;
	throw new EngineError("unavailable", `hull-shim is missing: looked for ${candidates.join(", ")}`);
}
