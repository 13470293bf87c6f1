import { given, leaf } from '../command.ts';
import { choice, text, toggle } from '../flags.ts';
import { nothing } from '../render/answer.ts';

export const serve = leaf({
  name: 'serve',
  about: 'run the daemon in the foreground until it is told to stop',
  examples: ['realms serve --config /etc/realms/config.yaml', 'realms serve --demo --data ./demo'],
  flags: {
    config: text('FILE', 'config file; REALMS_CONFIG names one too'),
    data: text('DIR', 'folder of database, keyring and admin socket (default ./data)'),
    listen: text('HOST:PORT', 'address of the relay (default 127.0.0.1:8080)'),
    demo: toggle('with an upstream that makes its answers up, to look around'),
    logLevel: choice(['debug', 'info', 'warn', 'error'] as const, 'least serious lines that are logged'),
  },
  run: async (context, { flags }) => {
    const config = flags.config ?? (context.env['REALMS_CONFIG'] || undefined);
    return nothing(await context.start.serve(given({ ...flags, config })));
  },
});
