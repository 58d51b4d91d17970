import { posix } from "node:path";
import type { ImageRunConfig } from "../../oci/index.ts";
import type { Command, CommandLine, Pair } from "../dockerfile/commands.ts";
import { DockerfileError } from "../dockerfile/error.ts";
import { declareArguments, fillIn, fillInWords, type Scope } from "./scope.ts";
import type { StageState } from "./stage-state.ts";

/** Instructions that change the configuration alone. */
export type ConfigCommand = Exclude<Command, { kind: "run" | "copy" | "add" | "workdir" }>;

const defaultShell = ["/bin/sh", "-c"];

/** Carries one out on a stage; the text is what the history says. Errors: {@link DockerfileError}. */
export function applyConfig(stage: StageState, command: ConfigCommand): string {
	const { config, scope } = stage;
	const { range } = command;
	const fill = (text: string) =>
		fillIn(scope, text, { range, onUnset: (name) => stage.warnUnset(name, range) });
	switch (command.kind) {
		case "env": {
			const pairs = fillPairs(command.pairs, fill);
			for (const { key, value } of pairs) {
				scope.env.set(key, value);
				const before = config.Env ?? [];
				const isKey = (entry: string) => entry.startsWith(`${key}=`);
				const set = `${key}=${value}`;
				config.Env = before.some(isKey)
					? before.map((entry) => (isKey(entry) ? set : entry))
					: [...before, set];
			}
			return `ENV ${shownPairs(pairs)}`;
		}
		case "label": {
			const pairs = fillPairs(command.pairs, fill);
			config.Labels = {
				...config.Labels,
				...Object.fromEntries(pairs.map(({ key, value }) => [key, value])),
			};
			return `LABEL ${shownPairs(pairs)}`;
		}
		case "arg":
			declareArguments(scope, command.args, { given: stage.given, global: stage.globalArguments, range });
			return `ARG ${command.args.map(({ key }) => shownArgument(scope, key)).join(" ")}`;
		case "cmd":
			config.Cmd = withShell(config, command.command);
			stage.hasCommand = true;
			return `CMD ${JSON.stringify(config.Cmd)}`;
		case "entrypoint":
			config.Entrypoint = withShell(config, command.command);
			// What the base has for a command was meant for the base's entrypoint.
			if (!stage.hasCommand) delete config.Cmd;
			return `ENTRYPOINT ${JSON.stringify(config.Entrypoint)}`;
		case "expose": {
			const ports = command.ports
				.flatMap((text) => fillInWords(scope, text, { range }))
				.flatMap((text) => exposed(text, command));
			config.ExposedPorts = {
				...config.ExposedPorts,
				...Object.fromEntries(ports.map((port) => [port, {}])),
			};
			return `EXPOSE ${ports.map((port) => `map[${port}:{}]`).join(" ")}`;
		}
		case "volume": {
			const paths = command.paths.map(fill);
			config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
			return `VOLUME [${paths.join(" ")}]`;
		}
		case "user":
			config.User = fill(command.value);
			return `USER ${config.User}`;
		case "stopsignal":
			config.StopSignal = checkedSignal(fill(command.value), command);
			return `STOPSIGNAL ${config.StopSignal}`;
		case "maintainer":
			stage.author = command.value;
			return `MAINTAINER ${command.value}`;
		case "shell":
			config.Shell = [...command.args];
			return `SHELL [${command.args.join(" ")}]`;
		case "healthcheck":
			config.Healthcheck = healthcheck(command.check);
			return `HEALTHCHECK ${JSON.stringify(config.Healthcheck)}`;
		case "onbuild":
			config.OnBuild = [...(config.OnBuild ?? []), command.trigger];
			return `ONBUILD ${command.trigger}`;
	}
}

/** The arguments of a command, the shell's in front of a text for it. */
export function withShell(config: ImageRunConfig, command: CommandLine): string[] {
	if (command.form === "exec") return [...command.args];
	return [...(config.Shell ?? defaultShell), command.text];
}

/** Where `WORKDIR path` leads from where the stage is. */
export function resolveWorkdir(current: string, path: string): string {
	return posix.resolve("/", current, path);
}

/** All values are filled in before any is set: `ENV a=1 b=$a` has the `a` of before. */
function fillPairs(pairs: readonly Pair[], fill: (text: string) => string): Pair[] {
	return pairs.map(({ key, value }) => ({ key: fill(key), value: fill(value) }));
}

function shownPairs(pairs: readonly Pair[]): string {
	return pairs
		.map(({ key, value }) => `${key}=${/\s/.test(value) ? JSON.stringify(value) : value}`)
		.join(" ");
}

function shownArgument({ args }: Scope, key: string): string {
	const value = args.get(key);
	return value === undefined ? key : `${key}=${value}`;
}

/** `80`, `80/udp`, `8000-8010` as single ports. */
function exposed(text: string, { range }: Pick<Command, "range">): string[] {
	const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(
		text.slice(text.lastIndexOf(":") + 1),
	);
	const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
	if (match === null || first < 1 || last < first || last > 65535)
		throw new DockerfileError(`invalid containerPort: ${text}`, { range, word: text });
	return Array.from(
		{ length: last - first + 1 },
		(_, index) => `${first + index}/${(match[3] ?? "tcp").toLowerCase()}`,
	);
}

function checkedSignal(text: string, { range }: Pick<Command, "range">): string {
	if (/^(?:\d{1,2}|(?:SIG)?[A-Z][A-Z0-9+-]{1,12})$/i.test(text)) return text;
	throw new DockerfileError(`invalid signal: ${text}`, { range, word: text });
}

function healthcheck(
	check: Extract<Command, { kind: "healthcheck" }>["check"],
): NonNullable<ImageRunConfig["Healthcheck"]> {
	const { command } = check;
	const test =
		command === undefined
			? ["NONE"]
			: command.form === "exec"
				? ["CMD", ...command.args]
				: ["CMD-SHELL", command.text];
	return {
		Test: test,
		...(check.intervalNanos > 0 ? { Interval: check.intervalNanos } : {}),
		...(check.timeoutNanos > 0 ? { Timeout: check.timeoutNanos } : {}),
		...(check.startPeriodNanos > 0 ? { StartPeriod: check.startPeriodNanos } : {}),
		...(check.startIntervalNanos > 0 ? { StartInterval: check.startIntervalNanos } : {}),
		...(check.retries > 0 ? { Retries: check.retries } : {}),
	};
}
