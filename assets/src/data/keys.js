// What keys are called, as in rundiff/ranking.py.

const COMMAND = /(^|\.)(command|command_line|argv|cmdline)$/i;

/** Whether a key holds a command line: it says again what params say, so it comes last. @param {string} key */
export const isCommand = (key) => COMMAND.test(key);
