type Call = readonly [method: string, path: string, body?: unknown];

/**
 * Everything that could be done to what is not a scoped socket's own: the container `foreign` with this id and an exec
 * of it, and things that `startScopedDaemon` made.
 */
export function callsOfForeign(id: string, exec: string): Call[] {
	const calls: Call[] = [];
	for (const reference of ["foreign", "%66oreign", "/foreign", id, id.slice(0, 12)]) {
		for (const what of [
			"json",
			"logs?stdout=1",
			"top",
			"stats?stream=0",
			"changes",
			"export",
			"archive?path=/etc",
		])
			calls.push(["GET", `/containers/${reference}/${what}`]);
		for (const what of [
			"start",
			"stop",
			"restart",
			"kill",
			"pause",
			"unpause",
			"rename?name=mine",
			"wait",
			"resize?h=1&w=1",
			"attach?stream=1",
		])
			calls.push(["POST", `/containers/${reference}/${what}`]);
		calls.push(
			["POST", `/containers/${reference}/exec`, { Cmd: ["sh"], User: "0" }],
			["POST", `/containers/${reference}/update`, { RestartPolicy: { Name: "always" } }],
			["PUT", `/containers/${reference}/archive?path=/`, ""],
			["DELETE", `/containers/${reference}?force=1`],
			["POST", `/commit?container=${reference}`],
			["POST", `/hull/containers/${reference}/mounts`, { Type: "tmpfs", Target: "/t" }],
			["DELETE", `/hull/containers/${reference}/mounts?target=/s`],
			["GET", `/hull/containers/${reference}/mounts`],
			["POST", `/hull/containers/${reference}/changes`, { EnvAdd: ["A=b"] }],
			["GET", `/hull/containers/${reference}/footprint`],
			["POST", "/networks/bridge/disconnect", { Container: reference, Force: true }],
		);
	}
	calls.push(
		["POST", `/exec/${exec}/start`, { Detach: true }],
		["GET", `/exec/${exec}/json`],
		["POST", `/exec/${exec}/resize?h=1&w=1`],
		["GET", "/volumes/secrets"],
		["DELETE", "/volumes/secrets?force=1"],
		["GET", "/networks/backend"],
		["DELETE", "/networks/backend"],
		["GET", "/images/registry.example/private/json"],
		["GET", "/images/registry.example/private/get"],
		["POST", "/images/registry.example/private/tag?repo=ci/stolen"],
		["GET", "/hull/images/registry.example/private/sbom"],
		["GET", "/hull/secrets/key"],
		["DELETE", "/hull/secrets/key"],
		["POST", "/hull/secrets/key/update", { Data: "" }],
		["GET", `/containers/json?filters=${encodeURIComponent('{"before":["foreign"]}')}`],
	);
	return calls;
}
