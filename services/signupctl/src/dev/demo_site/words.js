// The page's words.
export const WORDS = {
  "zh-CN": {
    title: "注册",
    about: "这是 XDUA 演示应用自己的网页。它与网关不同源，用浏览器 SDK 注册用户。",
    by: "注册方式",
    tel: "手机",
    mail: "邮箱",
    send: "获取验证码",
    sent: "验证码已发送，请查看开发收件箱",
    vfcode: "验证码",
    password: "密码",
    nickname: "昵称（可不填）",
    signUp: "注册",
    welcome: (id) => `注册成功，您的新 ID：${id}`,
    inbox: "开发收件箱",
    inboxAbout: "正式环境中，消息发到手机或邮箱；开发环境中，消息显示在这里。",
    inboxEmpty: "还没有消息。",
    inboxAll: "所有应用的消息",
    useCode: (code) => `填入验证码 ${code}`,
  },
  en: {
    title: "Sign up",
    about: "This is a web page of the XDUA demo application's own. It has another origin than the gateway and signs users up with the browser SDK.",
    by: "Sign up by",
    tel: "Phone",
    mail: "E-mail",
    send: "Send a code",
    sent: "The code is on its way: look into the development inbox",
    vfcode: "Code",
    password: "Password",
    nickname: "Nickname (optional)",
    signUp: "Sign up",
    welcome: (id) => `Welcome! Your new id is ${id}`,
    inbox: "Development inbox",
    inboxAbout: "In production messages go to phones and mailboxes; in development they are shown here.",
    inboxEmpty: "No messages yet.",
    inboxAll: "Messages of all applications",
    useCode: (code) => `Use code ${code}`,
  },
};

/** The visitor's choice, else the first of the browser's languages that we speak. */
export function chooseLanguage() {
  const asked = [new URLSearchParams(location.search).get("lang"), ...navigator.languages];
  const spoken = asked.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => tag === "zh" || tag === "en");
  return spoken === "zh" ? "zh-CN" : "en";
}
