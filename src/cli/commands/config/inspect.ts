import { kindCommands } from "../secret/kind.ts";

export const command = kindCommands("config").inspect;
