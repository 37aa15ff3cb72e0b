/** Keys about error pages (compat/behaviour.md section 27). */
import { lenientErrorCodes } from '../../text/status-codes.ts';
import { bool } from '../../text/values.ts';
import { setting } from './setting.ts';

export const errorSettings = {
  customHttpErrors: setting('custom-http-errors', lenientErrorCodes, {
    default: '',
    doc: 'Answers with these codes are replaced by what the default backend says.',
  }),
  disableProxyInterceptErrors: setting('disable-proxy-intercept-errors', bool, {
    default: 'false',
    doc: 'Replace only answers that nginx itself makes, not those of Services.',
  }),
} as const;
