/** What a mail is about, with what it has to say. */
export type MailText =
  | { about: 'verify'; link: string }
  | { about: 'reset'; link: string }
  | { about: 'password_changed' }
  /** To the address that the account had before. */
  | { about: 'email_changed' }
  /** `keyName` null: the budget of the whole server. */
  | { about: 'budget'; percent: number; limitUsd: number; month: string; keyName: string | null };

interface Written {
  subject: string;
  text: string;
}

/** Korean first, English below: nobody has told us yet which one the reader wants. */
export function writeMail(mail: MailText): Written {
  switch (mail.about) {
    case 'verify':
      return {
        subject: '이메일 주소를 확인해 주세요 · Confirm your e-mail address',
        text: both(
          `아래 주소를 열면 이메일이 확인돼요. 하루 동안 쓸 수 있어요.\n\n${mail.link}\n\n요청한 적이 없다면 이 메일은 지워도 괜찮아요.`,
          `Open this address to confirm your e-mail. It works for a day.\n\n${mail.link}\n\nIf you did not ask for this, ignore this mail.`,
        ),
      };
    case 'reset':
      return {
        subject: '새 비밀번호를 정해 주세요 · Choose a new password',
        text: both(
          `아래 주소에서 새 비밀번호를 정할 수 있어요. 30분 동안 한 번만 쓸 수 있어요.\n\n${mail.link}\n\n요청한 적이 없다면 비밀번호는 그대로예요. 이 메일은 지워도 괜찮아요.`,
          `Choose a new password here. The address works once, within 30 minutes.\n\n${mail.link}\n\nIf you did not ask for this, your password stays as it is.`,
        ),
      };
    case 'password_changed':
      return {
        subject: '비밀번호가 바뀌었어요 · Your password was changed',
        text: both(
          '방금 이 계정의 비밀번호가 바뀌었고 다른 기기는 로그아웃됐어요. 직접 바꾼 게 아니라면 비밀번호 찾기로 바로 다시 정해 주세요.',
          'The password of this account was changed just now, and other devices were logged out. If it was not you, reset it at once.',
        ),
      };
    case 'budget':
      return budgetMail(mail);
    case 'email_changed':
      return {
        subject: '이메일 주소가 바뀌었어요 · Your e-mail address was changed',
        text: both(
          '방금 이 계정의 이메일이 다른 주소로 바뀌었어요. 직접 바꾼 게 아니라면 관리자에게 알려 주세요.',
          'This account has another e-mail address now. If it was not you, tell the administrator.',
        ),
      };
  }
}

function budgetMail(mail: Extract<MailText, { about: 'budget' }>): Written {
  const { percent, limitUsd, month, keyName } = mail;
  const [whose, whoseKorean] =
    keyName === null ? ['this server', '이 서버'] : [`the API key “${keyName}”`, `API 키 ‘${keyName}’`];
  return {
    subject: `예산의 ${percent}%를 썼어요 · ${percent} % of a budget is used`,
    text: both(
      `${whoseKorean}의 ${month} 예산 $${limitUsd} 가운데 ${percent}%를 썼어요.${percent >= 100 ? ' 다음 달까지, 또는 예산을 늘릴 때까지 새 요청은 거절돼요.' : ''}`,
      `${percent} % of the budget of $${limitUsd} that ${whose} has in ${month} is used.${percent >= 100 ? ' New requests are refused until next month, or until the budget is raised.' : ''}`,
    ),
  };
}

function both(korean: string, english: string): string {
  return `${korean}\n\n---\n\n${english}\n`;
}
