require("tidegate.certificate").staple()
