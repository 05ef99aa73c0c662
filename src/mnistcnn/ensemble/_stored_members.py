"""The content of a model file for an ensemble: parameters, template and members."""

from typing import Any, Self, cast

from mnistcnn._scikit_learn import validate_parameters
from mnistcnn.ensemble._members import check_can_be_member, check_have_in_common
from mnistcnn.storage import SavableMixin

__all__ = ["StoredMembersMixin"]


class StoredMembersMixin(SavableMixin):
    """Stores the members one by one, and checks on loading that they belong together."""

    def _to_content(self) -> dict[str, Any]:
        """Return the content of a model file: parameters, template and members."""
        ensemble: Any = self
        members = vars(ensemble).get("estimators_")
        learned = None if members is None else {"template": ensemble.estimator_, "members": members}
        return {"parameters": ensemble.get_params(deep=False), "learned": learned}

    @classmethod
    def _from_content(cls, content: dict[str, Any]) -> Self:
        """Return the ensemble from the result of `_to_content`; refuse members that do not fit."""
        ensemble: Any = cls(**content["parameters"])
        validate_parameters(ensemble)
        if content["learned"] is not None:
            template, members = content["learned"]["template"], content["learned"]["members"]
            for each in (template, *members):
                check_can_be_member(each, ensemble.voting)
            check_have_in_common(members)
            ensemble._adopt(template, members)
        return cast("Self", ensemble)
