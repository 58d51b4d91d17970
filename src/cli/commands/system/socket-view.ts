import type { HullSocket } from "../../../api/index.ts";
import type { View } from "../../format/view.ts";

export const socketView: View<HullSocket> = {
	Name: { header: "NAME", get: ({ Name }) => Name },
	Path: { header: "PATH", get: ({ Path }) => Path },
	Mode: { header: "MODE", get: ({ Mode }) => Mode },
	Role: { header: "ROLE", get: ({ Role }) => Role },
	Scope: { header: "SCOPE", get: ({ Scope }) => Scope },
	Operations: { header: "OPERATIONS", get: ({ Operations }) => String(Operations.length) },
	Denied: { header: "DENIED", get: ({ Denied }) => String(Denied) },
};
