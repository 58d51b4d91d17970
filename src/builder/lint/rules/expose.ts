import type { Rule } from "../rule.ts";

/** `EXPOSE port[/protocol]`. */
export const exposeRules: readonly Rule[] = [
	{
		name: "ExposeProtoCasing",
		check: ({ dockerfile }) =>
			exposed(dockerfile).flatMap(({ port, range }) => {
				const protocol = /\/([^/$]+)$/.exec(port)?.[1] ?? "";
				if (protocol === protocol.toLowerCase()) return [];
				return {
					message: `Defined protocol '${port}' in EXPOSE instruction should be lowercase`,
					range,
				};
			}),
	},
	{
		name: "ExposeInvalidFormat",
		check: ({ dockerfile }) =>
			exposed(dockerfile)
				// A variable's own modifiers have colons.
				.filter(({ port }) => port.replaceAll(/\$\{[^}]*\}/g, "").includes(":"))
				.map(({ port, range }) => ({
					message: `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
					range,
				})),
	},
];

function exposed({ stages }: Parameters<Rule["check"]>[0]["dockerfile"]) {
	return stages
		.flatMap(({ commands }) => commands)
		.flatMap((command) =>
			command.kind === "expose" ? command.ports.map((port) => ({ port, range: command.range })) : [],
		);
}
