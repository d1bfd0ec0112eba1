import { dictionary } from '@zxcvbn-ts/language-common';
import { PASSWORD_LENGTH } from '#contracts/accounts.ts';

// The list takes 20 MB while it is unpacked: this is a process of its own, which gives them back when it ends.
const usable = dictionary['passwords-common'].filter((password) => password.length >= PASSWORD_LENGTH.min);
process.stdout.write(`\n${usable.join('\n')}\n`);
