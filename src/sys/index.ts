export { errnoName, SystemError } from "./libc.ts";
