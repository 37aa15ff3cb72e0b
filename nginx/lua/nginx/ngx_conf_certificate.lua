require("tidegate.certificate").choose()
