import { kindCommands } from "./kind.ts";

export const command = kindCommands("secret").list;
